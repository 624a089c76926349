//! 附件 of a case: taken in as they stream by, listed, sent.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::error::{Class, Report};
use crate::flow::Flow;
use crate::flow::attachments::{AttachmentKind, Said, Upload};
use crate::flow::cases::Once;
use crate::web::App;
use crate::web::asked::{Ask, key};
use crate::web::problem::Problem;

/// Bytes of a field that is no file.
const LONGEST_FIELD: usize = 64;
/// Pieces of a file on their way to a slow reader.
const AHEAD: usize = 4;

pub async fn upload(
    State(flow): State<App>,
    Ask(mut ask): Ask,
    Path(no): Path<String>,
    parts: Parts,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Problem> {
    // Who may is decided before a byte is read.
    let mut upload = flow.begin_attachment(&ask, &no).await?;
    let key = key(&parts)?;
    let mut form = form.map_err(|_| wrong("http.not_multipart", "请用 multipart/form-data 发送"))?;
    let (mut name, mut kind, mut evidence_no) = (None, None, None);
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "file" if name.is_some() => return Err(wrong("attachment.one_file", "一次只能上传一个文件")),
            "file" => {
                name = Some(field.file_name().unwrap_or_default().to_string());
                while let Some(chunk) = field.chunk().await.map_err(broken)? {
                    upload.write(&chunk).await?;
                }
            }
            "kind" => kind = Some(kind_of(&text(field).await?)?),
            "evidence_no" => evidence_no = number(&text(field).await?)?,
            other => return Err(wrong("attachment.field", &format!("不认识的字段 {:?}", shortened(other)))),
        }
    }
    let name = name.ok_or_else(|| wrong("attachment.no_file", "缺少字段 file"))?;
    let kind = kind.ok_or_else(|| wrong("attachment.no_kind", &format!("缺少字段 kind：{}", kinds())))?;
    let said = Said { name, kind, evidence_no };
    ask.once = key.map(|key| Once { actor_id: ask.actor.id.clone(), key, digest: digest(&parts, &upload, &said) });
    let body = flow.keep_attachment(&ask, upload, said).await?;
    Ok((StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

pub async fn list(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "attachments": flow.attachments(&ask.actor, &no).await? })))
}

/// The content, to be saved: whatever it is, the browser does not show it as a page of ours.
pub async fn download(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((no, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (attachment, file) = flow.open_attachment(&ask, &no, &id).await?;
    let ending = attachment.name.rsplit_once('.').map_or("bin", |(_, e)| e);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let encoded: String = attachment
        .name
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let disposition = format!("attachment; filename=\"attachment.{ending}\"; filename*=UTF-8''{encoded}");
    let headers = [
        (header::CONTENT_TYPE, attachment.media_type),
        (header::CONTENT_LENGTH, attachment.size.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::ETAG, format!("\"{}\"", attachment.sha256)),
    ];
    Ok((headers, Body::from_stream(pieces(tokio::fs::File::from_std(file)))).into_response())
}

/// The file, piece by piece, no faster than it is taken.
pub(super) fn pieces(mut file: tokio::fs::File) -> ReceiverStream<std::io::Result<Bytes>> {
    let (send, receive) = tokio::sync::mpsc::channel(AHEAD);
    tokio::spawn(async move {
        loop {
            let mut buffer = vec![0; 1 << 16];
            let piece = match file.read(&mut buffer).await {
                Ok(0) => return,
                Ok(n) => {
                    buffer.truncate(n);
                    Ok(Bytes::from(buffer))
                }
                Err(e) => Err(e),
            };
            let failed = piece.is_err();
            if send.send(piece).await.is_err() || failed {
                return;
            }
        }
    });
    ReceiverStream::new(receive)
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = vec![];
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_FIELD {
            return Err(wrong("attachment.field", "字段过长"));
        }
    }
    String::from_utf8(bytes).map(|t| t.trim().to_string()).map_err(|_| wrong("input.not_utf8", "请用 UTF-8 编码发送"))
}

fn kind_of(code: &str) -> Result<AttachmentKind, Problem> {
    AttachmentKind::from_code(code).ok_or_else(|| wrong("attachment.kind", &format!("kind 可用：{}", kinds())))
}

fn kinds() -> String {
    let all: Vec<String> = AttachmentKind::ALL.iter().map(|k| format!("{}（{}）", k.code(), k.zh())).collect();
    all.join("、")
}

fn number(text: &str) -> Result<Option<u32>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let no = text.parse::<u32>().ok().filter(|n| (1..=9999).contains(n));
    no.map(Some).ok_or_else(|| wrong("attachment.evidence_no", "证据编号应为 1 至 9999 的整数"))
}

fn digest(parts: &Parts, upload: &Upload, said: &Said) -> String {
    let content = Flow::upload_digest(upload);
    let said = format!("{}\n{}\n{:?}", said.name, said.kind.code(), said.evidence_no);
    hex::encode(Sha256::digest(format!("POST\n{}\n{content}\n{said}", parts.uri.path()).as_bytes()))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn wrong(code: &str, detail: &str) -> Problem {
    Report::new(Class::Invalid, code, "上传有误", detail).into()
}

/// The form breaks off or is none.
fn broken(e: MultipartError) -> Problem {
    match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Report::new(Class::TooLarge, "http.too_large", "内容过长", "请求体超过上限").into()
        }
        _ => wrong("http.broken_upload", "上传中断或格式有误，没有保存，请重试"),
    }
}
