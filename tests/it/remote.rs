//! A model server elsewhere: our own on a socket, and scripted ones that behave badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zhicai::engine::{self, Engine, EngineError, Finish, Message, RemoteError, Request};
use zhicai::flow::ModelUse;
use zhicai::settings::{Remote, Secret};

use crate::completions::{listening, talker};
use crate::http::{case, service_with};

const KEY: &str = "sk-very-secret";

pub(crate) fn settings(address: impl std::fmt::Display, timeout_seconds: u64) -> Remote {
    Remote {
        endpoint: Some(format!("http://{address}/v1/")),
        model: Some("default".into()),
        key: Some(Secret::new(KEY)),
        timeout_seconds,
    }
}

fn question() -> Request {
    let mut request = Request::new(vec![Message::new("user", "问")]);
    (request.max_tokens, request.temperature, request.seed) = (24, 1.0, 7);
    request.redacted = true;
    request
}

/// Head and body of each request.
pub(crate) type Got = Arc<Mutex<Vec<(String, String)>>>;

/// A server that gives the `n`th request to `script`; its address, and the bodies it got.
pub(crate) fn scripted(script: impl Fn(usize, &str, &mut TcpStream) + Send + Sync + 'static) -> (String, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let got = Arc::new(Mutex::new(Vec::new()));
    let (seen, script) = (got.clone(), Arc::new(script));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (seen, script) = (seen.clone(), script.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                        break;
                    }
                    if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                        length = n.trim().parse().unwrap();
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = String::from_utf8(body).unwrap();
                let n = {
                    let mut seen = seen.lock().unwrap();
                    seen.push((head, body.clone()));
                    seen.len()
                };
                script(n, &body, &mut stream);
            });
        }
    });
    (address, got)
}

pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";

pub(crate) fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
}

pub(crate) fn end(reason: &str) -> String {
    let last = json!({ "choices": [{ "delta": {}, "finish_reason": reason }] });
    format!("data: {last}\n\ndata: [DONE]\n\n")
}

/// A server that always sends the same.
fn saying(text: String) -> Engine {
    let (address, _) = scripted(move |_, _, out| {
        let _ = out.write_all(text.as_bytes());
    });
    engine::connect(&settings(address, 2)).unwrap()
}

fn outcome(engine: &Engine) -> Result<String, RemoteError> {
    match engine.generate(question(), |_| {}) {
        Ok(done) => Ok(done.text),
        Err(EngineError::Remote(e)) => Err(e),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_server_answers_as_the_local_model_does() {
    let (_dir, service) = talker();
    let flow = service.flow.clone();
    let address = listening(flow.clone()).await;
    tokio::task::spawn_blocking(move || {
        let local = flow.engine().unwrap().unwrap().generate(question(), |_| {}).unwrap();
        let engine = engine::connect(&settings(address, 60)).unwrap();
        assert_eq!((engine.name(), engine.implementation()), ("default", "remote"));
        let pieces = Arc::new(Mutex::new(String::new()));
        let heard = pieces.clone();
        let remote = engine.generate(question(), move |t| heard.lock().unwrap().push_str(t)).unwrap();
        assert!(!local.text.is_empty());
        assert_eq!((&remote.text, remote.finish), (&local.text, local.finish));
        assert_eq!(*pieces.lock().unwrap(), local.text);
        assert_eq!(remote.stats.prompt_tokens, local.stats.prompt_tokens);
        assert_eq!(remote.stats.generated_tokens, 24);
        assert!(remote.stats.reused_tokens > 0);
        let count = |name: &str| engine.metrics().all().iter().find(|(n, _)| *n == name).unwrap().1;
        assert_eq!((count("requests"), count("generated_tokens")), (1, 24));
        assert!(count("busy_microseconds") > 0);

        let mut other = question();
        other.stop = vec![local.text.chars().nth(2).unwrap().to_string()];
        assert_eq!(engine.generate(other, |_| {}).unwrap().finish, Finish::Stop);
        let wrong = Remote { model: Some("gpt-4o".into()), ..settings(address, 60) };
        let refused = outcome(&engine::connect(&wrong).unwrap()).unwrap_err();
        assert!(matches!(&refused, RemoteError::Status { status: 404, .. }), "{refused}");

        // Nothing is sent that has not been redacted, and nobody is asked to weigh a narrative.
        let mut bare = question();
        bare.redacted = false;
        assert!(matches!(engine.generate(bare, |_| {}), Err(EngineError::NotRedacted)));
        let scored = engine.score(question().messages, String::new(), vec!["甲".into()]);
        assert!(matches!(scored, Err(EngineError::Remote(RemoteError::Unsupported(_)))));
    })
    .await
    .unwrap();
}

#[test]
fn a_request_is_cancelled_while_the_server_is_silent() {
    let (address, _) = scripted(|_, _, out| {
        let _ = out.write_all(format!("{OK}{}", delta("罚")).as_bytes());
        std::thread::sleep(Duration::from_secs(30));
    });
    let engine = engine::connect(&settings(address, 30)).unwrap();
    let request = question();
    let cancel = request.cancel.clone();
    let clock = Instant::now();
    let done = engine.generate(request, move |_| cancel.store(true, Ordering::Relaxed)).unwrap();
    assert_eq!((done.text.as_str(), done.finish), ("罚", Finish::Cancelled));
    assert!(clock.elapsed() < Duration::from_secs(10));
}

#[test]
fn odd_but_valid_streams_are_read() {
    let crlf = format!("{OK}: hello\r\n\r\n{}{}", delta("罚"), end("length")).replace("\n\n", "\r\n\r\n");
    assert_eq!(outcome(&saying(crlf)).unwrap(), "罚");
    // No closing words, no usage, empty choices, a role without content.
    let bare = "data: {\"choices\":[]}\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    let last = "data: {\"choices\":[{\"delta\":{\"content\":\"款\"},\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(outcome(&saying(format!("{OK}{bare}{last}"))).unwrap(), "款");
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = format!("{}{}", delta("罚"), end("stop"));
    let pieces: String = body.chars().map(|c| format!("{:x}\r\n{c}\r\n", c.len_utf8())).collect();
    assert_eq!(outcome(&saying(format!("{chunked}{pieces}0\r\n\r\n"))).unwrap(), "罚");
}

#[test]
fn broken_streams_are_told_apart() {
    let rows: Vec<(String, &str)> = vec![
        (format!("{OK}{}", delta("罚")), "remote.cut"),
        (format!("{OK}{}data: [DONE]\n\n", delta("罚")), "remote.cut"),
        (format!("{OK}{}data: {{\"cho", delta("罚")), "remote.cut"),
        (OK.to_string(), "remote.cut"),
        (String::new(), "remote.cut"),
        (format!("{OK}data: hello\n\n"), "remote.broken"),
        (format!("{OK}data: {}\n\n", "x".repeat(2 << 20)), "remote.broken"),
        (format!("{OK}{}", delta("很长").repeat(20_000)), "remote.broken"),
        (format!("{OK}data: {{\"error\":{{\"message\":\"out of memory\"}}}}\n\n"), "remote.reported"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi".into(), "remote.broken"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".into(), "remote.status"),
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".into(), "remote.unauthorized"),
    ];
    for (text, code) in rows {
        let shown: String = text.chars().take(200).collect();
        assert_eq!(outcome(&saying(text)).map_err(|e| e.code()), Err(code), "{shown}");
    }
    // A server that repeats the key in its complaint does not get it into our messages.
    let complaint = format!("{{\"error\":{{\"message\":\"bad {KEY}\\n\"}}}}");
    let text = format!("HTTP/1.1 400 Bad\r\nContent-Length: {}\r\n\r\n{complaint}", complaint.len());
    let told = outcome(&saying(text)).unwrap_err().to_string();
    assert!(told.contains("bad ***") && !told.contains(KEY), "{told}");
}

#[test]
fn a_busy_server_is_asked_again_but_not_for_ever_and_not_after_text() {
    let (address, got) = scripted(|n, _, out| {
        let text = match n {
            1 => "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_string(),
            2 => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_string(),
            _ => format!("{OK}{}{}", delta("罚款"), end("stop")),
        };
        let _ = out.write_all(text.as_bytes());
    });
    assert_eq!(outcome(&engine::connect(&settings(address, 5)).unwrap()).unwrap(), "罚款");
    let got = got.lock().unwrap();
    assert_eq!(got.len(), 3);
    assert!(got[0].0.contains(&format!("Authorization: Bearer {KEY}")), "{}", got[0].0);
    let body: Value = serde_json::from_str(&got[0].1).unwrap();
    assert_eq!((&body["stream"], &body["seed"], &body["max_tokens"]), (&json!(true), &json!(7), &json!(24)));
    assert!(got.iter().all(|(_, b)| *b == got[0].1));

    let tries = Arc::new(AtomicUsize::new(0));
    for (answer, expected, code) in [
        ("HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_string(), 3, "remote.busy"),
        ("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n".to_string(), 1, "remote.status"),
        (format!("{OK}{}", delta("罚")), 1, "remote.cut"),
    ] {
        tries.store(0, Ordering::Relaxed);
        let count = tries.clone();
        let (address, _) = scripted(move |_, _, out| {
            count.fetch_add(1, Ordering::Relaxed);
            let _ = out.write_all(answer.as_bytes());
        });
        let told = outcome(&engine::connect(&settings(address, 5)).unwrap()).unwrap_err();
        assert_eq!((told.code(), tries.load(Ordering::Relaxed)), (code, expected));
    }
}

#[test]
fn silence_ends_in_a_timeout_and_nobody_there_is_said_so() {
    for before in ["", OK] {
        let (address, _) = scripted(move |_, _, out| {
            let _ = out.write_all(before.as_bytes());
            std::thread::sleep(Duration::from_secs(30));
        });
        let clock = Instant::now();
        let told = outcome(&engine::connect(&settings(address, 1)).unwrap()).unwrap_err();
        assert_eq!(told, RemoteError::Timeout(1));
        assert!(clock.elapsed() < Duration::from_secs(15));
    }
    // Comments keep a connection alive, not a request.
    let (address, _) = scripted(move |_, _, out| {
        let _ = out.write_all(OK.as_bytes());
        while out.write_all(b": still here\n\n").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(outcome(&engine::connect(&settings(address, 1)).unwrap()), Err(RemoteError::Timeout(1)));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = outcome(&engine::connect(&settings(free, 1)).unwrap()).unwrap_err();
    assert_eq!(told.code(), "remote.unreachable", "{told}");
}

#[test]
fn settings_are_checked_and_the_key_is_never_shown() {
    let good = settings("127.0.0.1:1", 60);
    assert!(!format!("{good:?}").contains(KEY));
    for wrong in [
        Remote::default(),
        Remote { endpoint: Some("127.0.0.1:8000".into()), ..good.clone() },
        Remote { model: Some(" ".into()), ..good.clone() },
        Remote { timeout_seconds: 0, ..good.clone() },
        Remote { key: Some(Secret::new("a\nb")), ..good.clone() },
    ] {
        let told = engine::connect(&wrong).err().unwrap();
        assert_eq!(told.code(), "remote.settings");
    }
    assert!(engine::connect(&good).is_ok());
}

/// Answers each request with its own point: the shortest sentence that passes the verifier.
fn echoing() -> (String, Got) {
    scripted(|_, body, out| {
        let body: Value = serde_json::from_str(body).unwrap();
        let asked = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
        let point = asked.trim().rsplit(['\n', '：']).next().unwrap();
        let _ = out.write_all(format!("{OK}{}{}", delta(point), end("stop")).as_bytes());
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn drafting_sends_points_without_values_and_verifies_what_comes_back() {
    let (address, got) = echoing();
    let model = |address: &str| ModelUse { id: Some("m".into()), path: None, remote: Some(settings(address, 5)) };
    let service = service_with(model(&address));
    let mut case = case();
    let narrative = case["facts"]["narrative"].as_str().unwrap().to_string();
    case["facts"]["narrative"] = json!(format!("{narrative}教师王小明负责授课，家长李晓红反映情况。"));
    let (_, _, job) = service.post("/api/v1/drafts", case.to_string()).await;
    let done = service.finished(job["id"].as_str().unwrap()).await;
    assert_eq!(done["status"], "done", "{done}");
    let draft = &done["draft"];
    assert_eq!(draft["unsupported"], json!([]));
    assert!(draft["text"].as_str().unwrap().contains("王小明"), "the sentence itself is kept");
    let sent = got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect::<String>();
    assert!(!sent.is_empty());
    for value in ["启明星", "46580", "130000", "2025", "东湖路", "李明", "王芳", "王小明", "李晓红", "37人", "云教体"]
    {
        assert!(!sent.contains(value), "{value} has left the machine");
    }
    let sentences: Vec<&Value> =
        draft["passages"].as_array().unwrap().iter().filter_map(|p| p["sentences"].as_array()).flatten().collect();
    assert!(sentences.iter().any(|s| s["by_model"] == true), "{sentences:?}");
    let named = sentences.iter().find(|s| s["text"].as_str().unwrap().contains("王小明")).unwrap();
    assert_eq!(named["by_model"], false);

    // A server that invents is refused as any model would be, and the fixed wording stands.
    let (liar, _) = scripted(|_, _, out| {
        let _ = out.write_all(format!("{OK}{}{}", delta("当事人情节特别恶劣，罚款9万元。"), end("stop")).as_bytes());
    });
    let service = service_with(model(&liar));
    let (_, _, job) = service.post("/api/v1/drafts", crate::http::case().to_string()).await;
    let done = service.finished(job["id"].as_str().unwrap()).await;
    assert_eq!(done["status"], "done", "{done}");
    assert!(!done["draft"]["text"].as_str().unwrap().contains("特别恶劣"));
    assert_eq!(done["draft"]["fallbacks"], json!(["facts", "evidence_analysis", "discretion_reasoning"]));

    // Conversations of other programs are not redacted, so they do not go on to the server.
    let asked = json!({ "model": "m", "messages": [{"role": "user", "content": "问"}] });
    let (status, _, told) = service.post("/v1/chat/completions", asked.to_string()).await;
    assert_eq!((status.as_u16(), &told["error"]["code"]), (422, &json!("engine.not_redacted")), "{told}");
    let narrative = json!({ "text": "2025年9月10日，某机构未取得办学许可证擅自招生，收取培训费46580元。" }).to_string();
    assert_eq!(service.post("/api/v1/extract", narrative).await.0.as_u16(), 200);
}

#[test]
fn the_command_line_uses_the_server_only_when_told_to() {
    let (address, got) = echoing();
    let service = service_with(ModelUse::default());
    let dir = service.data.path();
    let written = |remote: &str| std::fs::write(dir.join("zhicai.toml"), format!("[remote]\n{remote}\n")).unwrap();
    std::fs::write(dir.join("case.json"), case().to_string()).unwrap();
    let draft = |model: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_zhicai"));
        command.args(["draft", "--json", "--model", model, "--data"]).arg(dir).arg("--out").arg(dir.join("x.docx"));
        command.arg(dir.join("case.json")).env("ZHICAI_REMOTE_KEY", KEY).env("ZHICAI_LOG", "trace");
        let done = command.output().unwrap();
        let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
        assert!(!out.contains(KEY) && !err.contains(KEY) && !err.contains("written-key"), "the key is shown");
        (done.status.code(), out, err)
    };
    written(&format!("endpoint = \"http://{address}/v1\"\nmodel = \"m\"\nkey = \"written-key\""));
    assert_eq!(draft("none").0, Some(0));
    assert!(got.lock().unwrap().is_empty());
    let (code, out, err) = draft("remote");
    assert_eq!(code, Some(0), "{err}");
    let drafted: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(drafted["hashes"]["model"], "m");
    let heads: Vec<String> = got.lock().unwrap().iter().map(|(head, _)| head.clone()).collect();
    assert!(!heads.is_empty() && heads.iter().all(|h| h.contains(&format!("Bearer {KEY}"))), "{heads:?}");

    // Nothing written, and a line that does not parse: neither shows what stands there.
    written("");
    let (code, _, err) = draft("remote");
    assert!(code == Some(2) && err.contains("endpoint"), "{err}");
    written("key = \"written-key");
    assert_eq!(draft("remote").0, Some(2));
    written("kee = \"written-key\"");
    assert_eq!(draft("none").0, Some(2));
}
