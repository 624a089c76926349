"""Refuses dependencies whose licence is not permissive or that do not come from the registry (stdin: cargo metadata)."""
import json
import re
import sys

ALLOWED = {
    "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unicode-3.0", "Unicode-DFS-2016", "MPL-2.0", "CC0-1.0",
    "Unlicense", "0BSD", "BSL-1.0", "Apache-2.0 WITH LLVM-exception", "CDLA-Permissive-2.0", "MIT-0", "bzip2-1.0.6",
}


def permitted(expression):
    expression = expression.replace("/", " OR ").replace("(", " ").replace(")", " ")
    return all(any(term.strip() in ALLOWED for term in part.split(" OR ")) for part in re.split(r"\bAND\b", expression))


bad = []
for package in json.load(sys.stdin)["packages"]:
    name = f"{package['name']} {package['version']}"
    if package["source"] is None:
        continue
    if not package["source"].startswith("registry+"):
        bad.append(f"{name}: not from the registry")
    if not package["license"] or not permitted(package["license"]):
        bad.append(f"{name}: licence {package['license']}")
print("\n".join(bad) or "licences and sources are fine")
sys.exit(1 if bad else 0)
