"""Signs in through the provider as a browser would: once honestly, then with each lie, then from another browser.

Takes the address of the service and the administrator's one-time link.
"""

import http.cookiejar
import json
import sys
import urllib.error
import urllib.request

SERVICE, LINK = sys.argv[1].rstrip("/"), sys.argv[2]
PASSWORD = "云岫湖边的第三棵树开花了"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def browser():
    return urllib.request.build_opener(Stay, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def ask(who, method, url, body=None, headers=()):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **dict(headers)}, method=method)
    try:
        answer = who.open(request)
    except urllib.error.HTTPError as e:
        answer = e
    return answer.status, answer.read().decode(), answer.headers.get("location")


def way_back(who, lie=""):
    """From the sign-in page to the provider; the address it sends the browser back to."""
    status, _, to_provider = ask(who, "GET", f"{SERVICE}/api/v1/oidc/start")
    assert status == 303 and to_provider, status
    return ask(browser(), "GET", f"{to_provider}&lie={lie}" if lie else to_provider)[2]


def signed_in(who):
    status, text, _ = ask(who, "GET", f"{SERVICE}/api/v1/me")
    return status == 200 and json.loads(text)["person"]["login"] == "li"


admin = browser()
accepted = ask(admin, "POST", f"{SERVICE}/api/v1/invitations/accept", {"token": LINK.split("#")[1], "password": PASSWORD})
assert accepted[0] == 200, accepted
opened = ask(admin, "POST", f"{SERVICE}/api/v1/sessions", {"login": "feng", "password": PASSWORD})
csrf = [("x-zhicai-csrf", json.loads(opened[1])["csrf"])]
li = {"login": "li", "name": "李明", "roles": ["officer"], "certs": [], "external_id": "u-li"}
assert ask(admin, "POST", f"{SERVICE}/api/v1/people", li, csrf)[0] == 201

honest = browser()
back = way_back(honest)
assert ask(honest, "GET", back)[0] == 200 and signed_in(honest)
assert ask(honest, "GET", back)[2] == "/sign-in?problem=auth.oidc_state", "an answer counts once"
lies = [("sub", "auth.oidc_unknown"), *((lie, "auth.oidc_failed") for lie in ("nonce", "aud", "exp", "none", "sig"))]
for lie, code in lies:
    liar = browser()
    status, _, to = ask(liar, "GET", way_back(liar, lie))
    assert (status, to) == (303, f"/sign-in?problem={code}") and not signed_in(liar), (lie, status, to)
thief = browser()
stolen = ask(thief, "GET", way_back(browser()))
assert stolen[2] == "/sign-in?problem=auth.oidc_state" and not signed_in(thief), stolen
print(f"signed in through the provider; {len(lies)} lies and a stolen answer refused")
