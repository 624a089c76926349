#!/usr/bin/env python3
"""Greedy text against llama.cpp (llama-cpp-python): the same prompts, 200 tokens each; where the texts part, how near the tie was.

    cargo build --release
    python3 benches/peer/greedy.py --model MODEL.gguf --data DIR [--prompts 20] [--gen 200]

The peer must be importable (see compare.py). For every first difference the peer's own logits are looked at: how far our token
stood below its best. Both round their activations, differently; only a near tie may come out differently.
"""
import argparse
import json
import os
import pathlib
import subprocess

import llama_cpp
import numpy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--prompts", default="20")
    parser.add_argument("--gen", type=int, default=200)
    arguments = parser.parse_args()
    target = os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parents[2] / "target")
    bench = [str(pathlib.Path(target) / "release" / "zhicai"), "--data", arguments.data, "bench", "copying", "--prompts", arguments.prompts]

    def lines(*more):
        return subprocess.run([*bench, *more], check=True, stdout=subprocess.PIPE).stdout

    prompts = [json.loads(line) for line in lines("--dump").splitlines()]
    texts = {p["id"]: p["text"] for p in json.loads(lines("--model", arguments.model, "--gen", str(arguments.gen), "--json"))["prompts"]}
    peer = llama_cpp.Llama(arguments.model, n_ctx=4096, n_threads=2, n_threads_batch=2, verbose=False)
    same, gaps = 0, []
    for prompt in prompts:
        shown = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in prompt["messages"])
        ids = peer.tokenize((shown + "<|im_start|>assistant\n").encode(), add_bos=False, special=True)
        ours = peer.tokenize(texts[prompt["id"]].encode(), add_bos=False, special=False)[:arguments.gen]
        peer.reset()
        peer.eval(ids)
        at = 0
        while at < len(ours):
            last = llama_cpp.llama_get_logits_ith(peer.ctx, -1)
            logits = numpy.ctypeslib.as_array(last, shape=(peer.n_vocab(),)).copy()
            best = int(logits.argmax())
            if best != ours[at]:
                gaps.append(float(logits[best] - logits[ours[at]]))
                spread = float(logits.std())
                print(f"{prompt['id']}: parts at token {at}; ours is {gaps[-1]:.3f} below the peer's best (logits spread {spread:.2f})")
                break
            peer.eval([best])
            at += 1
        else:
            same += 1
            print(f"{prompt['id']}: the same for all {at} tokens")
    print(json.dumps({"prompts": len(prompts), "same": same, "largest_gap": max(gaps, default=0.0)}))


if __name__ == "__main__":
    main()
