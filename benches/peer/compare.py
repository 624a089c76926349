#!/usr/bin/env python3
"""Compares zhicai's engine with llama.cpp (llama-cpp-python): same GGUF, same threads, interleaved rounds, medians, ratios.

    cargo build --release
    python3 benches/peer/compare.py --model MODEL.gguf --data DIR [--install] [--rounds 5] [--threads 2]

Needs a quiet machine: other load moves both sides, but not equally. `--install` makes a virtual environment beside this run and
installs the pinned peer from PyPI, compiled for this processor; without it the peer must be importable. `--data` is a data
directory (`zhicai setup`); the drafting prompts are made from the teaching cases. Prints one line per figure and, with `--json`,
everything that was measured.

Peer switches: `--peer-lookup` also measures llama.cpp with its own prompt lookup decoding.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PEER = "llama-cpp-python==0.3.36"
LENGTHS = [128, 512, 1500]
WRITTEN = 64


def install(folder: pathlib.Path) -> str:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return str(python)


def run_json(command, env=None):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env)
    return json.loads(done.stdout)


# --- the peer, in a process of its own ---------------------------------------------------------------------------------------


def peer_once(arguments) -> dict:
    import llama_cpp

    model = llama_cpp.Llama(
        arguments.model, n_ctx=4096, n_threads=arguments.threads, n_threads_batch=arguments.threads, verbose=False
    )
    model.eval([1000 + i for i in range(32)])
    points = []
    for length in LENGTHS:
        ids = [1000 + i * 7919 % 5000 for i in range(length)]
        model.reset()
        clock = time.perf_counter()
        model.eval(ids)
        prefill = time.perf_counter() - clock
        clock = time.perf_counter()
        for i in range(WRITTEN):
            model.eval([ids[i % length]])
        decode = time.perf_counter() - clock
        points.append({"prompt_tokens": length, "prefill_tok_s": length / prefill, "decode_tok_s": WRITTEN / decode})
    return {"points": points}


def peer_prompts(arguments) -> dict:
    import llama_cpp

    draft = None
    if arguments.peer_lookup:
        from llama_cpp.llama_speculative import LlamaPromptLookupDecoding

        draft = LlamaPromptLookupDecoding(num_pred_tokens=5)
    model = llama_cpp.Llama(
        arguments.model,
        n_ctx=4096,
        n_threads=arguments.threads,
        n_threads_batch=arguments.threads,
        verbose=False,
        draft_model=draft,
    )
    prompts = []
    for line in pathlib.Path(arguments.peer_prompts).read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)
        model.reset()
        times, text = [], ""
        stream = model.create_chat_completion(
            prompt["messages"], max_tokens=arguments.gen, temperature=0.0, repeat_penalty=1.0, stream=True
        )
        for piece in stream:
            delta = piece["choices"][0]["delta"]
            if "content" in delta:
                times.append(time.perf_counter())
                text += delta["content"]
        tokens = len(model.tokenize(text.encode(), add_bos=False))
        prompts.append({"id": prompt["id"], "decode_tok_s": (tokens - 1) / (times[-1] - times[0]), "text": text})
    return {"prompts": prompts}


# --- both ---------------------------------------------------------------------------------------------------------------------


def compare(arguments):
    python = install(pathlib.Path(arguments.venv)) if arguments.install else sys.executable
    base = [arguments.zhicai, "--data", arguments.data, "bench"]
    itself = [python, __file__, "--model", arguments.model, "--threads", str(arguments.threads)]
    with tempfile.TemporaryDirectory() as folder:
        prompts = pathlib.Path(folder) / "prompts.jsonl"
        dumped = subprocess.run(base + ["copying", "--dump"], check=True, stdout=subprocess.PIPE).stdout
        prompts.write_bytes(dumped)
        ours, peers, ours_copying, peers_writing, peers_lookup = [], [], [], [], []
        lengths = ",".join(map(str, LENGTHS))
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
            speed = base + ["model", "--model", arguments.model, "--prompt", lengths, "--gen", str(WRITTEN), "--json"]
            ours.append(run_json(speed))
            peers.append(run_json(itself + ["--peer-once"]))
            if number >= arguments.prompt_rounds:
                continue
            gen = ["--gen", str(arguments.gen)]
            ours_copying.append(run_json(base + ["copying", "--model", arguments.model, "--json"] + gen))
            peers_writing.append(run_json(itself + ["--peer-prompts", prompts] + gen))
            if arguments.peer_lookup:
                peers_lookup.append(run_json(itself + ["--peer-prompts", prompts, "--peer-lookup"] + gen))
        shared = []
        if arguments.rounds:
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                for _ in range(arguments.rounds):
                    shared.append(run_json(speed))
            finally:
                busy.kill()

    def middle(runs, length, key):
        at = LENGTHS.index(length)
        return statistics.median(run["points"][at][key] for run in runs)

    def writing(runs):
        return statistics.median(p["decode_tok_s"] for run in runs for p in run["prompts"])

    figures = {}
    for length in LENGTHS:
        for key, name in [("prefill_tok_s", "prefill"), ("decode_tok_s", "decode")]:
            figures[f"{name}@{length}"] = (middle(ours, length, key), middle(peers, length, key))
    plain = writing(peers_writing)
    figures["copying"] = (writing(ours_copying), plain)
    if peers_lookup:
        figures["copying, peer with lookup"] = (writing(ours_copying), writing(peers_lookup))
    print(f"{ours[0]['model']}, {ours[0]['kernels']}, {arguments.threads} threads, medians of {arguments.rounds}")
    print(f"{'':28}{'zhicai':>10}{'llama.cpp':>12}{'ratio':>8}   tokens/s")
    for name, (own, other) in figures.items():
        print(f"{name:28}{own:10.1f}{other:12.1f}{own / other:8.2f}")
    for length in LENGTHS:
        quiet, beside = middle(ours, length, "decode_tok_s"), middle(shared, length, "decode_tok_s")
        print(f"decode@{length}, one core taken: {beside:.1f} of {quiet:.1f} tokens/s, {beside / quiet:.2f}")
    if arguments.json:
        everything = {
            "ours": ours,
            "peer": peers,
            "ours_copying": ours_copying,
            "peer_writing": peers_writing,
            "peer_lookup": peers_lookup,
            "shared": shared,
        }
        pathlib.Path(arguments.json).write_text(json.dumps(everything, ensure_ascii=False, indent=1), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", default=os.environ.get("ZHICAI_DATA", ""))
    parser.add_argument("--zhicai", default="target/release/zhicai")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt-rounds", type=int, default=5, help="rounds that also write answers to the prompts")
    parser.add_argument("--gen", type=int, default=200)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--venv", default="target/peer-venv")
    parser.add_argument("--peer-lookup", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--peer-once", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peer-prompts", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer_once:
        print(json.dumps(peer_once(arguments)))
    elif arguments.peer_prompts:
        print(json.dumps(peer_prompts(arguments), ensure_ascii=False))
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
