//! `/v1`, end to end with a tiny model: answers whole and in pieces, refusals in the clients' shape, clients that go away.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use zhicai::flow::{Flow, ModelUse};
use zhicai::web;

use crate::http::{Service, service_with};
use crate::models::tiny;

const CHAT: &str = "/v1/chat/completions";

/// A service with the tiny model.
pub(crate) fn talker() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny::write_talker(&path);
    let service = service_with(ModelUse { id: Some("tiny".into()), path: Some(path), remote: None });
    (dir, service)
}

/// The same on a socket, until the runtime ends.
pub(crate) async fn listening(flow: Arc<Flow>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, web::app(flow)).await });
    address
}

fn question(more: Value) -> Value {
    let mut body = json!({
        "model": "tiny", "messages": [{"role": "user", "content": "问"}], "max_tokens": 24, "temperature": 1.0, "seed": 7,
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

async fn ask(service: &Service, more: Value) -> Value {
    let (status, _, answer) = service.post(CHAT, question(more).to_string()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn text(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap()
}

/// The events of a streamed answer; the last is `[DONE]`.
async fn streamed(service: &Service, more: Value) -> Vec<Value> {
    let mut body = question(more);
    body["stream"] = json!(true);
    let request = Request::post(CHAT).body(Body::from(body.to_string())).unwrap();
    let (status, kind, bytes) = service.raw(request).await;
    assert!(status.is_success() && kind.starts_with("text/event-stream"), "{status} {kind}");
    let whole = String::from_utf8(bytes).unwrap();
    let mut data: Vec<&str> = whole.lines().filter_map(|l| l.strip_prefix("data: ")).collect();
    assert_eq!(data.pop(), Some("[DONE]"));
    data.into_iter().map(|d| serde_json::from_str(d).unwrap()).collect()
}

/// The tiny model knows nothing: whatever is right about these answers is the guide's doing.
#[tokio::test]
async fn an_answer_of_a_given_form_has_it_whatever_the_model_would_say() {
    let (_dir, service) = talker();
    let schema = json!({
        "type": "object",
        "properties": { "tier": { "enum": ["从轻", "一般", "从重"] }, "heard": { "type": "boolean" } },
        "required": ["tier", "heard"],
        "additionalProperties": false,
    });
    let form = json!({"type": "json_schema", "json_schema": {"name": "tier", "schema": schema}});
    for seed in 0..12 {
        let answer = ask(&service, json!({"response_format": form, "seed": seed, "max_tokens": 80})).await;
        let value: Value = serde_json::from_str(text(&answer)).unwrap_or_else(|e| panic!("{e}: {answer}"));
        assert!(["从轻", "一般", "从重"].contains(&value["tier"].as_str().unwrap()), "{value}");
        assert!(value["heard"].is_boolean() && value.as_object().unwrap().len() == 2);
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    }
    let wrong = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "thing"}}});
    let (status, _, told) = service.post(CHAT, question(json!({"response_format": wrong})).to_string()).await;
    assert_eq!((status.as_u16(), &told["error"]["code"]), (400, &json!("completion.response_format")), "{told}");
}

#[tokio::test]
async fn an_answer_is_the_same_whole_and_in_pieces() {
    let (_dir, service) = talker();
    let whole = ask(&service, json!({})).await;
    assert!(text(&whole).chars().count() > 4, "{whole}");
    assert_eq!((&whole["object"], &whole["model"]), (&json!("chat.completion"), &json!("tiny")));
    assert_eq!(whole["choices"][0]["finish_reason"], "length");
    let usage = &whole["usage"];
    assert_eq!(usage["completion_tokens"], 24);
    assert_eq!(usage["total_tokens"].as_u64(), Some(24 + usage["prompt_tokens"].as_u64().unwrap()));

    let chunks = streamed(&service, json!({ "stream_options": {"include_usage": true} })).await;
    let pieces: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(pieces, text(&whole));
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let (last, before) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["completion_tokens"], 24);
    assert!(before.iter().all(|c| c["usage"].is_null() && c["id"] == last["id"]));
    assert_eq!(before.last().unwrap()["choices"][0]["finish_reason"], "length");
    // The prompt has been read before.
    assert!(last["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64() > Some(0), "{last}");

    let plain = streamed(&service, json!({})).await;
    assert!(plain.iter().all(|c| c.get("usage").is_none()));
    let other = ask(&service, json!({ "seed": 8 })).await;
    assert_ne!(text(&other), text(&whole));
    let parts = json!([{"role": "user", "content": [{"type": "text", "text": "问"}]}]);
    assert_eq!(text(&ask(&service, json!({ "messages": parts, "model": "default" })).await), text(&whole));
}

#[tokio::test]
async fn an_answer_ends_before_a_stop_text() {
    let (_dir, service) = talker();
    let whole = ask(&service, json!({})).await;
    let stop: String = text(&whole).chars().skip(3).take(2).collect();
    let (before, _) = text(&whole).split_once(&stop).unwrap();
    for stop in [json!(stop), json!(["没有这句", stop])] {
        let cut = ask(&service, json!({ "stop": stop })).await;
        assert_eq!((text(&cut), &cut["choices"][0]["finish_reason"]), (before, &json!("stop")));
        let chunks = streamed(&service, json!({ "stop": stop })).await;
        let pieces: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(pieces, before);
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_in_the_shape_clients_read() {
    let (_dir, service) = talker();
    let user = |content: Value| json!([{"role": "user", "content": content}]);
    let rows = vec![
        (json!({"model": "gpt-4o"}), 404, "model_not_found", ""),
        (json!({"messages": []}), 400, "completion.invalid", "messages"),
        (json!({"messages": user(json!(null))}), 400, "completion.invalid", "messages[0].content"),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), 400, "completion.unsupported", "messages[0].role"),
        (
            json!({"messages": user(json!([{"type": "image_url", "image_url": {"url": "data:"}}]))}),
            400,
            "completion.unsupported",
            "messages[0].content[0]",
        ),
        (json!({"messages": user(json!("长".repeat(400_001)))}), 400, "completion.invalid", "messages"),
        (json!({"messages": user(json!("长".repeat(3000)))}), 400, "context_length_exceeded", ""),
        (json!({"max_tokens": 0}), 400, "completion.invalid", "max_tokens"),
        (json!({"max_tokens": -1}), 400, "completion.invalid", "max_tokens"),
        (json!({"max_completion_tokens": 1_000_000}), 400, "completion.invalid", "max_completion_tokens"),
        (json!({"temperature": 2.5}), 400, "completion.invalid", "temperature"),
        (json!({"top_p": 0.5}), 400, "completion.unsupported", "top_p"),
        (json!({"n": 2}), 400, "completion.unsupported", "n"),
        (json!({"stop": ["a", "b", "c", "d", "e"]}), 400, "completion.invalid", "stop"),
        (json!({"stop": ""}), 400, "completion.invalid", "stop"),
        (json!({"tools": [{"type": "function"}]}), 400, "completion.unsupported", "tools"),
        (json!({"logprobs": true}), 400, "completion.unsupported", "logprobs"),
        (json!({"stream_options": {"include_usage": true}}), 400, "completion.invalid", "stream_options"),
        (json!({"response_format": {"type": "xml"}}), 400, "completion.invalid", "response_format.type"),
    ];
    for (more, expected, code, param) in rows {
        for stream in [false, true] {
            let mut body = question(more.clone());
            if stream && body.get("stream_options").is_none() {
                body["stream"] = json!(true);
            }
            let (status, kind, told) = service.post(CHAT, body.to_string()).await;
            let error = &told["error"];
            assert_eq!((status.as_u16(), error["code"].as_str()), (expected, Some(code)), "{more} {told}");
            assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{told}");
            assert_eq!(error["type"], "invalid_request_error");
            assert!(kind.starts_with("application/json") && told.as_object().unwrap().len() == 1);
            assert!(error["message"].as_str().unwrap().chars().any(|c| c >= '\u{4e00}'), "{told}");
        }
    }
    // What asks for nothing else, or is none of our business, is no reason to refuse.
    ask(&service, json!({"tools": [], "top_p": 1.0, "n": 1, "presence_penalty": 0, "user": "x", "metadata": {}})).await;
    ask(&service, json!({"response_format": {"type": "text"}, "stop": null, "seed": -1})).await;

    for (body, expected, code) in [
        ("{".to_string(), 400, "input.broken_json"),
        ("[]".to_string(), 400, "completion.invalid"),
        ("{}".to_string(), 400, "completion.invalid"),
        ("x".repeat(web::BODY_LIMIT + 1), 413, "http.too_large"),
    ] {
        let (status, _, told) = service.post(CHAT, body).await;
        assert_eq!((status.as_u16(), told["error"]["code"].as_str()), (expected, Some(code)), "{told}");
    }
    let (status, _, bytes) = service.get("/v1/nothing").await;
    let told: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status.as_u16(), &told["error"]["code"]), (404, &json!("http.not_found")));
    let (status, _, bytes) = service.get(CHAT).await;
    let told: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status.as_u16(), &told["error"]["code"]), (405, &json!("http.method")));
    let foreign = Request::post(CHAT).header("origin", "http://evil.example").header("host", "localhost");
    let (status, _, bytes) = service.raw(foreign.body(Body::from(question(json!({})).to_string())).unwrap()).await;
    let told: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status.as_u16(), &told["error"]["code"]), (422, &json!("http.foreign_origin")));
}

#[tokio::test]
async fn models_are_listed_and_without_one_nothing_is_answered() {
    let (_dir, service) = talker();
    let get = async |service: &Service, path: &str| {
        let (status, _, bytes) = service.get(path).await;
        (status.as_u16(), serde_json::from_slice::<Value>(&bytes).unwrap())
    };
    let (_, list) = get(&service, "/v1/models").await;
    assert_eq!(list["data"][0]["id"], "tiny");
    assert_eq!(get(&service, "/v1/models/tiny").await, (200, list["data"][0].clone()));
    assert_eq!(get(&service, "/v1/models/gpt-4o").await.0, 404);
    let none = service_with(ModelUse::default());
    assert_eq!(get(&none, "/v1/models").await.1["data"], json!([]));
    let (status, _, told) = none.post(CHAT, question(json!({})).to_string()).await;
    assert_eq!((status.as_u16(), &told["error"]["code"]), (503, &json!("model.none")));
    assert_eq!(told["error"]["type"], "server_error");
}

fn counter(flow: &Flow, name: &str) -> u64 {
    flow.engine().unwrap().unwrap().metrics().all().iter().find(|(n, _)| *n == name).unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_frees_the_model() {
    let (_dir, service) = talker();
    ask(&service, json!({ "max_tokens": 1 })).await;
    let address = listening(service.flow.clone()).await;
    for (round, stream) in [true, false].into_iter().enumerate() {
        let (before, flow) = (counter(&service.flow, "generated_tokens"), service.flow.clone());
        let body = question(json!({ "max_tokens": 1900, "stream": stream, "seed": round })).to_string();
        let seconds = tokio::task::spawn_blocking(move || {
            let mut client = TcpStream::connect(address).unwrap();
            write!(
                client,
                "POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            if stream {
                let mut some = [0; 600];
                client.read_exact(&mut some).unwrap();
            } else {
                std::thread::sleep(Duration::from_millis(300));
            }
            drop(client);
            let clock = Instant::now();
            while counter(&flow, "cancelled") <= round as u64 {
                assert!(clock.elapsed() < Duration::from_secs(20), "the model goes on for nobody");
                std::thread::sleep(Duration::from_millis(5));
            }
            clock.elapsed().as_secs_f64()
        })
        .await
        .unwrap();
        let written = counter(&service.flow, "generated_tokens") - before;
        assert!(written < 1900, "{written} tokens were written all the same");
        eprintln!("stream {stream}: freed after {seconds:.3} s, {written} tokens written");
        // The next one finds the model free.
        ask(&service, json!({ "max_tokens": 2 })).await;
    }
    // The same without a socket: the future is dropped.
    let asked = service.post(CHAT, question(json!({ "max_tokens": 1900 })).to_string());
    assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err());
    ask(&service, json!({ "max_tokens": 2 })).await;
    assert_eq!(counter(&service.flow, "cancelled"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_service_ends_its_answers() {
    let (_dir, service) = talker();
    ask(&service, json!({ "max_tokens": 1 })).await;
    let flow = service.flow.clone();
    let stopping = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        flow.stop();
    });
    let cut = ask(&service, json!({ "max_tokens": 1900 })).await;
    assert!(cut["usage"]["completion_tokens"].as_u64() < Some(1900));
    stopping.await.unwrap();
}
