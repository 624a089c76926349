"""An OpenID provider for tests: signs in everybody as `u-li`, and lies in the ID token where the sign-in address asks for it.

Prints its address once it listens. Needs the package `cryptography`.
"""

import base64
import hashlib
import http.server
import json
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = rsa.generate_private_key(65537, 2048)
CODES = {}


def text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(n):
    return text(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def id_token(asked):
    lie, now = asked.get("lie", ""), int(time.time())
    claims = {
        "iss": ADDRESS, "aud": "other" if lie == "aud" else asked["client_id"],
        "sub": "nobody" if lie == "sub" else "u-li", "nonce": "x" if lie == "nonce" else asked["nonce"],
        "iat": now, "exp": now - 3600 if lie == "exp" else now + 300,
    }
    head = {"alg": "none" if lie == "none" else "RS256", "kid": "k1"}
    signed = f"{text(json.dumps(head).encode())}.{text(json.dumps(claims).encode())}"
    signature = KEY.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{text({'none': b'', 'sig': bytes(256)}.get(lie, signature))}"


class Provider(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        address = urllib.parse.urlparse(self.path)
        asked = dict(urllib.parse.parse_qsl(address.query))
        if address.path == "/.well-known/openid-configuration":
            self.answer({
                "issuer": ADDRESS, "authorization_endpoint": f"{ADDRESS}/auth", "token_endpoint": f"{ADDRESS}/token",
                "jwks_uri": f"{ADDRESS}/jwks", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            })
        elif address.path == "/jwks":
            public = KEY.public_key().public_numbers()
            key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": number(public.n), "e": number(public.e)}
            self.answer({"keys": [key]})
        elif address.path == "/auth":
            code = f"code{len(CODES)}"
            CODES[code] = asked
            self.send_response(302)
            back = urllib.parse.urlencode({"code": code, "state": asked["state"]})
            self.send_header("location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.answer({}, 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        told = dict(urllib.parse.parse_qsl(body))
        asked = CODES.get(told.get("code"))
        proof = text(hashlib.sha256(told.get("code_verifier", "").encode()).digest())
        if not asked or proof != asked["code_challenge"]:
            return self.answer({"error": "invalid_grant"}, 400)
        self.answer({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": id_token(asked)})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
ADDRESS = f"http://127.0.0.1:{server.server_port}"
print(ADDRESS, flush=True)
server.serve_forever()
