//! Files of a case: taken in, shown to whoever may see the case, and refused when they are not what a dossier holds.

use std::io::{Cursor, Write};

use axum::http::{Request, header};
use serde_json::json;
use zhicai::flow::record::{Wanted, verify};
use zhicai::store::attachments::Incoming;
use zip::write::SimpleFileOptions;

use super::world::{PDF, PNG, World, form};

fn package(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn whole(world: &World) -> zhicai::flow::record::Verified {
    let dir = world.dir().to_path_buf();
    tokio::task::spawn_blocking(move || verify(&dir, &Wanted::default()).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_in_and_goes_out_unchanged() {
    let world = World::new().await;
    let docx = package(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
    let xlsx = package(&[("xl/workbook.xml", b"<x/>")]);
    let mp4 = [&b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"[..], &[7; 5000]].concat();
    let files: Vec<(&str, &[u8], &str)> = vec![
        ("现场照片.png", PNG, "image/png"),
        ("合同.pdf", PDF, "application/pdf"),
        ("笔录.docx", &docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("收费表.xlsx", &xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("执法记录.mp4", &mp4, "video/mp4"),
        ("询问.mp3", b"ID3\x04\0\0\0", "audio/mpeg"),
        ("询问.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        ("照片.jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        ("说明.txt", "第一行\r\n".as_bytes(), "text/plain"),
    ];
    for (name, content, media) in &files {
        let reply = world.upload(&world.officer, name, content).await;
        let taken = reply.json();
        assert_eq!(reply.status, 201, "{taken}");
        assert_eq!((taken["name"].as_str(), taken["media_type"].as_str()), (Some(*name), Some(*media)));
        assert_eq!((taken["size"].as_u64(), taken["evidence_no"].as_u64()), (Some(content.len() as u64), Some(1)));
        let path = format!("/api/v1/cases/{}/attachments/{}", world.case_no, taken["id"].as_str().unwrap());
        for reader in [&world.officer, &world.head, &world.supervisor] {
            let sent = world.get(reader, &path).await;
            assert_eq!((sent.status.as_u16(), sent.bytes.as_slice()), (200, *content), "{name}");
            assert_eq!(sent.headers[header::CONTENT_TYPE], *media);
            assert_eq!(sent.headers["x-content-type-options"], "nosniff");
            assert!(sent.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; "));
        }
    }
    let list = world.get(&world.supervisor, &format!("/api/v1/cases/{}/attachments", world.case_no)).await.json();
    assert_eq!(list["attachments"].as_array().unwrap().len(), files.len());
    let events = world.get(&world.officer, &format!("/api/v1/cases/{}/record", world.case_no)).await.json();
    let count = |action: &str| events["events"].as_array().unwrap().iter().filter(|e| e["action"] == action).count();
    assert_eq!((count("attachment.added"), count("attachment.read")), (files.len(), files.len() * 3));
    let found = whole(&world).await;
    assert!(found.ok && found.files == files.len(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_out_of_sight_has_no_files_and_the_same_content_elsewhere_does_not_show() {
    let world = World::new().await;
    let mine = world.upload(&world.officer, "合同.pdf", PDF).await.json();
    let list = format!("/api/v1/cases/{}/attachments", world.case_no);
    let file = format!("{list}/{}", mine["id"].as_str().unwrap());
    for outsider in [&world.other, &world.admin] {
        let (there, not) =
            (world.get(outsider, &list).await, world.get(outsider, "/api/v1/cases/1999-1/attachments").await);
        assert_eq!((there.status.as_u16(), there.json()["detail"].clone()), (404, not.json()["detail"].clone()));
        assert_eq!(world.get(outsider, &file).await.status, 404);
        assert_eq!(world.upload(outsider, "a.pdf", PDF).await.status, 404);
    }
    // Sees it, but does not work on it.
    for reader in [&world.supervisor, &world.head] {
        let refused = world.upload(reader, "a.pdf", PDF).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "attachment.not_officer"));
    }
    let theirs = world.open_case(&world.other, "另一家").await;
    let same = world.upload_to(&world.other, &theirs, "合同.pdf", PDF, &[("kind", "document")]).await.json();
    assert_ne!(same["id"], mine["id"]);
    let fields = |v: &serde_json::Value| {
        v.as_object().unwrap().keys().filter(|k| *k != "evidence_no").cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields(&same), fields(&mine));
    // An id of another case is none of this one.
    let crossed = format!("/api/v1/cases/{theirs}/attachments/{}", mine["id"].as_str().unwrap());
    assert_eq!(world.get(&world.other, &crossed).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_lead_nowhere() {
    let world = World::new().await;
    let long = format!("{}.png", "图".repeat(100));
    for (given, shown) in [
        ("../../../../etc/passwd", "passwd.png"),
        ("..\\..\\windows\\a.png", "a.png"),
        ("x\u{202e}gnp.exe", "xgnp.exe.png"),
        ("a%00b.png", "a%00b.png"),
        ("  ", "未命名.png"),
        (&long, ""),
    ] {
        let taken = world.upload(&world.officer, given, PNG).await;
        assert_eq!(taken.status, 201, "{given:?} {}", taken.json());
        let name = taken.json()["name"].as_str().unwrap().to_string();
        assert!(name.len() <= 200 && !name.contains(['/', '\\']) && !name.chars().any(char::is_control), "{name:?}");
        assert!(shown.is_empty() || name == shown, "{given:?} {name:?}");
    }
    assert!(whole(&world).await.ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_belong_in_a_dossier_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let zeros = vec![0u8; 80 << 20];
    let bomb = package(&[("word/document.xml", &zeros)]);
    let many: Vec<String> = (0..10_001).map(|n| format!("word/{n}.xml")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), &b""[..])).collect();
    let mut cut = package(&[("word/document.xml", b"<x/>")]);
    cut.truncate(40);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("attachment.empty", vec![]),
        ("attachment.type", b"MZ\x90\0\x03\0\0\0\x04\0".to_vec()),
        ("attachment.type", b"\x7fELF\x02\x01\x01\0".to_vec()),
        ("attachment.type", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec()),
        ("attachment.type", package(&[("a.txt", b"x")])),
        ("attachment.type", b"Rar!\x1a\x07\x01\0".to_vec()),
        ("attachment.bomb", bomb),
        ("attachment.bomb", package(&many)),
        ("attachment.traversal", package(&[("word/document.xml", b"x"), ("../../evil", b"x")])),
        ("attachment.traversal", package(&[("word/document.xml", b"x"), ("/etc/cron.d/x", b"x")])),
        ("attachment.traversal", package(&[("word/document.xml", b"x"), ("a\\..\\..\\b", b"x")])),
        ("attachment.macros", package(&[("word/document.xml", b"x"), ("word/vbaProject.bin", b"x")])),
        ("attachment.damaged_package", cut),
    ];
    for (code, content) in cases {
        let refused = world.upload(&world.officer, "笔录.docx", &content).await;
        let told = refused.json();
        assert_eq!((refused.status.as_u16(), told["code"].as_str().unwrap()), (400, code), "{told}");
        assert!(told["detail"].as_str().unwrap().chars().any(|c| c >= '\u{4e00}'), "{told}");
    }
    let too_large = world.upload(&world.officer, "大.txt", &vec![b'a'; (200 << 20) + 1]).await;
    assert_eq!((too_large.status.as_u16(), too_large.code().as_str()), (413, "attachment.too_large"));

    let path = format!("/api/v1/cases/{}/attachments", world.case_no);
    let send = |kind: String, body: Vec<u8>| {
        world.send(&world.officer, Request::post(&path).header(header::CONTENT_TYPE, kind), body)
    };
    for (code, fields) in [
        ("attachment.no_kind", &[][..]),
        ("attachment.kind", &[("kind", "nonsense")]),
        ("attachment.evidence_no", &[("kind", "evidence"), ("evidence_no", "-1")]),
        ("attachment.field", &[("kind", "evidence"), ("path", "/etc")]),
        ("attachment.field", &[("kind", &"x".repeat(5000))]),
    ] {
        let (kind, body) = form("a.png", PNG, fields);
        let refused = send(kind, body).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, code));
    }
    let (kind, body) = form("a.png", PNG, &[("kind", "evidence")]);
    let broken_off = send(kind.clone(), body[..body.len() - 30].to_vec()).await;
    assert_eq!((broken_off.status.as_u16(), broken_off.code().as_str()), (400, "http.broken_upload"));
    assert_eq!(send("application/json".into(), b"{}".to_vec()).await.code(), "http.not_multipart");
    let no_file = b"--edge-7d1c\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nav\r\n--edge-7d1c--\r\n";
    assert_eq!(send(kind, no_file.to_vec()).await.code(), "attachment.no_file");

    let found = whole(&world).await;
    assert!(found.ok && found.files == 0, "{found:#?}");
    assert!(!found.warnings.iter().any(|w| w.contains("attachments")), "{:?}", found.warnings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_upload_is_one_upload() {
    let world = World::new().await;
    let path = format!("/api/v1/cases/{}/attachments", world.case_no);
    let send = |name: &str, content: &[u8]| {
        let (kind, body) = form(name, content, &[("kind", "av")]);
        let request = Request::post(&path).header(header::CONTENT_TYPE, kind).header("idempotency-key", "k7");
        world.send(&world.officer, request, body)
    };
    let (first, again) = (send("a.png", PNG).await, send("a.png", PNG).await);
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    assert_eq!(send("a.pdf", PDF).await.code(), "store.key_reused");
    let list = world.get(&world.officer, &path).await.json();
    assert_eq!(list["attachments"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_before_the_row_leaves_a_stray_that_harms_nothing() {
    let world = World::new().await;
    let mut incoming = Incoming::begin(world.dir()).await.unwrap();
    incoming.write(PDF).await.unwrap();
    incoming.keep().await.unwrap();
    let found = whole(&world).await;
    assert!(
        found.ok && found.files == 0 && found.warnings.iter().any(|w| w.contains("没有任何案件引用")),
        "{found:#?}"
    );
    assert_eq!(world.upload(&world.officer, "合同.pdf", PDF).await.status, 201);
    let found = whole(&world).await;
    assert!(found.ok && found.files == 1 && found.warnings.len() == 1, "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_not_sent() {
    let world = World::new().await;
    let taken = world.upload(&world.officer, "合同.pdf", PDF).await.json();
    let sha256 = taken["sha256"].as_str().unwrap();
    let place = world.dir().join("attachments").join(&sha256[..2]).join(sha256);
    let path = format!("/api/v1/cases/{}/attachments/{}", world.case_no, taken["id"].as_str().unwrap());
    std::fs::write(&place, [PDF, b"x"].concat()).unwrap();
    let refused = world.get(&world.officer, &path).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "attachment.damaged"));
    assert_eq!(whole(&world).await.faults[0].code, "file.size");
    // Taken in again, it is whole again.
    assert_eq!(world.upload(&world.officer, "合同.pdf", PDF).await.status, 201);
    assert_eq!(world.get(&world.officer, &path).await.bytes, PDF);
    let events = world.get(&world.officer, &format!("/api/v1/cases/{}/record", world.case_no)).await.json();
    assert!(events["events"].as_array().unwrap().iter().any(|e| e["action"] == json!("attachment.damaged")));
}
