"""The official client against a served copy: whatever it reads, it must read as from the service it was made for."""

import sys
import time
import urllib.request

import openai

address = sys.argv[1].rstrip("/")
client = openai.OpenAI(base_url=f"{address}/v1", api_key="x", max_retries=0, timeout=120)


def counter(name):
    text = urllib.request.urlopen(f"{address}/metrics").read().decode()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"zhicai_model_{name}_total "))


def refused(kind, **changes):
    """Asks for what must be refused, and returns how it was."""
    try:
        client.chat.completions.create(**{**question, **changes})
    except kind as error:
        assert any("\u4e00" <= c <= "\u9fff" for c in error.message), error.message
        return error
    raise AssertionError(f"{changes} was not refused")


models = client.models.list().data
assert len(models) == 1, models
model = models[0].id
assert client.models.retrieve(model).id == model
try:
    client.models.retrieve("gpt-4o")
    raise AssertionError("an unknown model was found")
except openai.NotFoundError as error:
    assert error.code == "model_not_found", error.code

question = dict(
    model=model,
    messages=[{"role": "system", "content": "答。"}, {"role": "user", "content": "问"}],
    max_tokens=24,
    temperature=1.0,
    seed=7,
)
whole = client.chat.completions.create(**question)
text = whole.choices[0].message.content
assert text and whole.choices[0].message.role == "assistant"
assert whole.choices[0].finish_reason in ("stop", "length")
assert 0 < whole.usage.completion_tokens <= 24
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

chunks = list(client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True}))
pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
assert "".join(pieces) == text, (pieces, text)
assert len(pieces) > 4, "the answer came in one piece"
assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
assert chunks[-1].usage.prompt_tokens_details.cached_tokens > 0
assert all(c.usage is None for c in chunks[:-1])
assert client.chat.completions.create(**{**question, "model": "default"}).choices[0].message.content == text
parts = [question["messages"][0], {"role": "user", "content": [{"type": "text", "text": "问"}]}]
assert client.chat.completions.create(**{**question, "messages": parts}).choices[0].message.content == text
stop = text[2:4]
cut = client.chat.completions.create(**{**question, "stop": [stop]})
assert cut.choices[0].message.content == text[: text.index(stop)] and cut.choices[0].finish_reason == "stop"
with client.chat.completions.stream(**{**question, "stop": [stop]}) as stream:
    assert stream.get_final_completion().choices[0].message.content == cut.choices[0].message.content

assert refused(openai.NotFoundError, model="gpt-4o").code == "model_not_found"
assert refused(openai.BadRequestError, temperature=3).param == "temperature"
assert refused(openai.BadRequestError, n=2).param == "n"
assert refused(openai.BadRequestError, max_tokens=0).param == "max_tokens"
assert refused(openai.BadRequestError, messages=[]).param == "messages"
assert refused(openai.BadRequestError, tools=[{"type": "function", "function": {"name": "f"}}]).param == "tools"
image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
assert refused(openai.BadRequestError, messages=[{"role": "user", "content": image}]).param == "messages[0].content[0]"
assert refused(openai.BadRequestError, messages=[{"role": "user", "content": "长" * 100_000}]).code == "context_length_exceeded"
assert refused(openai.APIStatusError, messages=[{"role": "user", "content": "长" * 2_000_000}]).status_code == 413

# A stream closed early: the model stops for it.
cancelled, written = counter("cancelled"), counter("generated_tokens")
stream = client.chat.completions.create(**{**question, "max_tokens": 1500}, stream=True)
for _, chunk in zip(range(5), stream):
    pass
clock = time.monotonic()
stream.close()
while counter("cancelled") == cancelled:
    assert time.monotonic() - clock < 30, "the model goes on for nobody"
    time.sleep(0.01)
freed = time.monotonic() - clock
written = counter("generated_tokens") - written
assert written < 1500, written
again = client.chat.completions.create(**{**question, "max_tokens": 2})
assert again.usage.completion_tokens <= 2
print(f"official client {openai.__version__}: all read; early close freed the model in {freed:.3f} s after {written} tokens")
