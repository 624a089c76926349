"""A bureau to put under load: a data directory, the service on it, people with tokens, cases, and a slow model.

Helper of crash.py and load.py; Python's standard library only.
"""
import concurrent.futures
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TODAY = datetime.date.today()
LAW = """# 中华人民共和国民办教育促进法
（2002年12月28日第九届全国人民代表大会常务委员会第三十一次会议通过，2018年12月29日修正）
第一条 为实施科教兴国战略，促进民办教育事业的健康发展，制定本法。
第十二条 举办民办学校，由教育行政部门按照国家规定的权限审批。
第六十四条 违反国家有关规定擅自举办民办学校的，责令停止办学、退还所收费用，并对举办者处违法所得一倍以上五倍以下罚款。
第六十七条 本法自2003年9月1日起施行。
"""


class Gone(Exception):
    """No answer: the service is down, or went down before it answered."""


class Refused(Exception):
    """An answer that nobody expected."""


def binary(release):
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / ("release" if release else "debug") / "zhicai")


def prepare(data, program, of=None):
    """Fills an empty data directory: with what is installed in `of`, or with one small law, without a network."""
    data.mkdir(parents=True, exist_ok=True)
    if of is not None:
        for name in ("statutes", "index", "setup.json", "model.json"):
            source = pathlib.Path(of) / name
            if source.is_dir():
                shutil.copytree(source, data / name)
            elif source.exists():
                shutil.copy2(source, data / name)
        return
    law = data / "law.md"
    law.write_text(LAW)
    environment = {**os.environ, "ZHICAI_DENSE": "off"}
    done = subprocess.run([program, "--data", str(data), "import", "statutes", str(law)],
                          env=environment, capture_output=True, text=True)
    if not (data / "index" / "statutes").is_dir():
        raise Refused(f"the law was not imported: {done.stdout}{done.stderr}")
    # As if set up from the package that the program would otherwise fetch.
    sha256 = re.search(r'^sha256 = "(\w+)"', (ROOT / "corpus/sources.toml").read_text(), re.M).group(1)
    constant = lambda file, name: re.search(name + r': &str = "(\w+)"', (ROOT / file).read_text()).group(1)
    importer = constant("src/corpus/statutes/mod.rs", "IMPORTER_VERSION")
    index = constant("src/corpus/mod.rs", "INDEX_VERSION")
    stamp = {"statutes_sha256": sha256, "importer": importer, "index": f"{index}:{sha256}", "vectors": ""}
    (data / "setup.json").write_text(json.dumps(stamp))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Town:
    """The service on a data directory. It listens on the same port every time it is started."""

    def __init__(self, data, program, model="none"):
        self.data, self.program, self.model = pathlib.Path(data), program, model
        self.port, self.process, self.link = free_port(), None, None
        self.errors = open(self.data / "service.log", "ab")

    def spawn(self):
        self.process = subprocess.Popen(
            [self.program, "--data", str(self.data), "serve", "--listen", f"127.0.0.1:{self.port}", "--model", self.model],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, env={**os.environ, "ZHICAI_DENSE": "off"},
        )

    def start(self):
        """Seconds from the start of the process to the first answer."""
        clock = time.perf_counter()
        self.spawn()
        told = []
        reader = threading.Thread(target=lambda: told.extend(self.process.stdout), daemon=True)
        reader.start()
        probe = Client(self.port)
        while True:
            if self.process.poll() is not None:
                log = (self.data / "service.log").read_text(errors="replace")
                raise Refused(f"the service ended with {self.process.returncode}: {log[-2000:]}")
            try:
                if probe.request("GET", "/readyz")[0] == 200:
                    break
            except Gone:
                pass
            if time.perf_counter() - clock > 120:
                raise Refused("the service did not answer within two minutes")
            time.sleep(0.005)
        seconds = time.perf_counter() - clock
        if self.link is None:
            found = re.search(r"/welcome#(\w+)", "".join(told))
            self.link = found and found.group(1)
        return seconds

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def command(self, *words):
        return subprocess.run([self.program, "--data", str(self.data), *words], capture_output=True, text=True)

    def client(self, token=None):
        return Client(self.port, token)

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def office(self):
        """Makes clients of a session of the administrator."""
        return self.client().sign_in("guanliyuan", self.admin)

    def populate(self, wanted):
        """Adds people over HTTP as an administrator would; `wanted` is a list of (login, roles). Gives login → (id, token)."""
        guest = self.client()
        password = lambda: secrets.token_hex(12)
        admin = {"token": self.link, "login": "guanliyuan", "name": "管理员甲", "password": password()}
        guest.expect("POST", "/api/v1/invitations/accept", admin)
        self.admin = admin["password"]
        office = self.office()

        def join(person):
            login, roles = person
            n = int(hashlib.sha256(login.encode()).hexdigest()[:8], 16)
            cert = {"cert_no": f"53{n:010d}", "issuer": "province", "region": "云南省昆明市安宁市", "categories": ["教育", "体育"],
                    "valid_from": str(TODAY.replace(year=TODAY.year - 2, day=1)),
                    "valid_to": str(TODAY.replace(year=TODAY.year + 2, day=1))}
            new = {"login": login, "name": f"人员{login}", "roles": roles, "certs": [cert] if "officer" in roles else []}
            mine, secret = self.client(), password()
            added = office().expect("POST", "/api/v1/people", new)
            link = office().expect("POST", f"/api/v1/people/{added['id']}/invitation")
            mine.expect("POST", "/api/v1/invitations/accept",
                        {"token": link["url"].split("#")[1], "password": secret})
            signed = mine.sign_in(login, secret)()
            token = signed.expect("POST", "/api/v1/me/tokens", {"name": "压测", "scopes": ["read", "write", "draft"]})
            return login, (added["id"], token["secret"])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return dict(pool.map(join, wanted))


class Client:
    """One keep-alive connection. Small on purpose: what it costs is measured along with the service."""

    def __init__(self, port, token=None, headers=""):
        self.port, self.socket, self.buffer = port, None, b""
        self.headers = headers + (f"authorization: Bearer {token}\r\n" if token else "")

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def request(self, method, path, body=None, key=None):
        """Status and JSON (or text) of the answer; `body` is an object or a text that is sent as it is."""
        status, _, raw = self.exchange(method, path, body, key)
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw.decode(errors="replace")

    def exchange(self, method, path, body=None, key=None):
        text = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        head = (f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{self.headers}"
                + ("content-type: application/json\r\n" if body is not None else "")
                + (f"idempotency-key: {key}\r\n" if key else "") + f"content-length: {len(text)}\r\n\r\n")
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(head.encode() + text)
            return self.answer()
        except (OSError, EOFError) as e:
            self.close()
            raise Gone(str(e)) from e

    def answer(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self.more()
        head, self.buffer = self.buffer[:end].decode("latin-1"), self.buffer[end + 4:]
        lines = head.split("\r\n")
        headers = [line.split(": ", 1) for line in lines[1:]]
        length = next((int(v) for k, v in headers if k.lower() == "content-length"), 0)
        while len(self.buffer) < length:
            self.more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(lines[0].split()[1]), headers, body

    def more(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise EOFError("the connection was closed")
        self.buffer += piece

    def expect(self, method, path, body=None, key=None):
        """The answer of a request that must succeed."""
        status, answer = self.request(method, path, body, key)
        if not 200 <= status < 300:
            raise Refused(f"{method} {path}: {status} {answer}")
        return answer

    def sign_in(self, login, password):
        """Makes clients of the session that is opened."""
        status, headers, raw = self.exchange("POST", "/api/v1/sessions", {"login": login, "password": password})
        if status != 200:
            raise Refused(f"signing in: {status} {raw.decode()}")
        cookie = next(v.split(";")[0] for k, v in headers if k.lower() == "set-cookie")
        sent = f"cookie: {cookie}\r\nx-zhicai-csrf: {json.loads(raw)['csrf']}\r\n"
        return lambda: Client(self.port, headers=sent)


def day(back):
    return str(TODAY - datetime.timedelta(days=back))


def facts(mark, receipts=4658000):
    """The case JSON of an ordinary case; `mark` stands in the narrative and tells writes apart."""
    return {
        "case": {"cause": "涉嫌擅自举办民办学校", "source": "群众举报"},
        "party": {"kind": "legal_person", "name": f"云岫市启明星文化传播有限公司（{mark[:12]}）", "address": "云岫市东湖路88号"},
        "facts": {
            "narrative": f"执法人员到场检查，发现教室4间，学生37人。当事人未取得办学许可证，收取培训费{receipts / 100:.2f}元。记号{mark}。",
            "violation": "mb64", "act_from": day(120), "act_to": day(30), "discovered_at": day(30), "circumstance": "base",
            "gains": {"gross_receipts_fen": receipts, "rule_citation": "行政处罚法第二十八条第二款"},
        },
        "evid": [{"no": 1, "kind": "site_record", "title": "现场检查笔录", "proves": "教室和学生情况", "collected_at": day(30)}],
    }


def registration(mark):
    clue = {"received_on": day(20), "source": "群众举报", "summary": f"举报无证办学，记号{mark}"}
    return {"clue": clue, "case": facts(mark)}


def chain_faults(data):
    """Recomputes the hash chain from the database file as the documentation of the record says. Gives faults and events by number."""
    net = lambda fields: b"".join(b"-," if f is None else b"%d:%s," % (len(f), f) for f in fields)
    columns = "seq algorithm prev at actor_id actor_name action case_no subject version origin detail seals".split()
    faults, prev, hashes, last = [], "0" * 64, {}, 0
    with sqlite3.connect(f"file:{data / 'zhicai.db'}?mode=ro", uri=True) as database:
        for row in database.execute(f"SELECT {', '.join(columns)}, hash FROM events ORDER BY seq"):
            *fields, stored = row
            texts = [None if f is None else str(f).encode() for f in fields]
            computed = hashlib.sha256(net([b"zhicai-event-1", texts[1], texts[0], *texts[2:]])).hexdigest()
            if computed != stored or fields[2] != prev or fields[0] != last + 1:
                faults.append(f"event {fields[0]} does not fit")
            prev, last, hashes[fields[0]] = stored, fields[0], stored
        size, head = database.execute("SELECT size, last_hash FROM record_head").fetchone()
        if (size, head) != (last, prev):
            faults.append(f"the head says {size}, the last event is {last}")
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            faults.append("the database file is damaged")
    return faults, hashes


def verify(town):
    """What `zhicai verify-record` says, where the program has it; otherwise the chain recomputed here."""
    done = town.command("verify-record", "--json")
    if "unrecognized subcommand" in done.stderr:
        return chain_faults(town.data)[0]
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return [f"verify-record: {done.returncode} {done.stdout}{done.stderr}"]
    return [] if done.returncode == 0 and told.get("ok") else [f"verify-record: {done.returncode} {told}"]


class SlowModel(http.server.ThreadingHTTPServer):
    """A model server with the OpenAI interface that writes one plain sentence, slowly: drafts are caught half-way."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, seconds):
        super().__init__(("127.0.0.1", 0), Slowly)
        self.seconds, self.answers = seconds, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A service that was killed hangs up; that is no error of ours."""

    def settings(self, data):
        """Makes `--model remote` of that data directory mean this server."""
        port = self.server_address[1]
        (data / "zhicai.toml").write_text(f'[remote]\nendpoint = "http://127.0.0.1:{port}/v1"\nmodel = "slow"\n')


class Slowly(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        text = "本机关查明的事实有证据证明，当事人的行为违反了法律规定。"
        for letter in text:
            time.sleep(self.server.seconds / len(text))
            self.say({"choices": [{"delta": {"content": letter}}]})
        self.say({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")
        self.server.answers += 1

    def say(self, chunk):
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()
