//! The model hub, played by a server on the loopback address that answers the way hubs and their mirrors do.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::support::{Site, Trouble};
use zhicai::models::manifest::{HubFile, Source};
use zhicai::setup::{Action, Plan, SetupError};

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
const FILE: &str = "/Org/Tiny-GGUF/resolve/0123456789abcdef0123456789abcdef01234567/tiny.gguf";
const OLD: &str = "/Old/Tiny-GGUF/resolve/0123456789abcdef0123456789abcdef01234567/tiny.gguf";

/// How the server misbehaves.
#[derive(Clone, Default)]
struct Behaviour {
    /// Breaks every download after this many bytes.
    cut_after: Option<usize>,
    /// Answers without the headers a hub sends.
    bare: bool,
    status: Option<u16>,
}

struct Hub {
    endpoint: String,
    behaviour: Arc<Mutex<Behaviour>>,
    /// `path range` of every request for content.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    /// Serves `content` from a thread that lives as long as the test process.
    fn start(content: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let hub = Self { endpoint: endpoint.clone(), behaviour: Arc::default(), asked: Arc::default() };
        let (behaviour, asked) = (hub.behaviour.clone(), hub.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let behaviour = behaviour.lock().unwrap().clone();
                let _ = answer(stream, &endpoint, &content, &behaviour, &asked);
            }
        });
        hub
    }

    fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// First bytes asked for by the requests that wanted more than one byte.
    fn downloads(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().filter(|a| !a.ends_with("=0-0")).collect()
    }
}

fn answer(
    mut stream: TcpStream,
    endpoint: &str,
    content: &[u8],
    behaviour: &Behaviour,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let (mut range, mut authorised, mut line) = (String::new(), false, String::new());
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("range:") {
            range = value.trim().to_string();
        }
        authorised |= lower.starts_with("authorization:");
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_string();
    let linked = format!("X-Repo-Commit: {REVISION}\r\nX-Linked-Etag: \"feedbeef\"\r\n");
    let status = if authorised { Some(401) } else { behaviour.status };
    if let Some(status) = status {
        return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    if behaviour.bare {
        return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
    }
    match path.as_str() {
        // A renamed repository: relative, as hubs send it.
        OLD => {
            write!(stream, "HTTP/1.1 307 Moved\r\nLocation: {FILE}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        // The file itself lies on a content server: absolute.
        FILE => write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {endpoint}/blob\r\n{linked}Content-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        "/blob" => {
            asked.lock().unwrap().push(format!("{path} {range}"));
            let (first, last) = range.trim_start_matches("bytes=").split_once('-').unwrap_or(("0", ""));
            let first: usize = first.parse().unwrap_or(0);
            let end = last.parse().map_or(content.len(), |l: usize| l + 1);
            if first >= content.len() {
                return write!(stream, "HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
            let body = &content[first..end];
            let (total, last) = (content.len(), end - 1);
            write!(
                stream,
                "HTTP/1.1 206 Partial\r\nContent-Range: bytes {first}-{last}/{total}\r\nETag: \"feedbeef\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )?;
            let sent = behaviour.cut_after.unwrap_or(body.len()).min(body.len());
            stream.write_all(&body[..sent])
        }
        _ => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}

/// A site whose model comes from a hub only.
fn site(content: impl Fn(&Site) -> Vec<u8>) -> (Site, Plan, Hub) {
    let mut site = Site::new();
    site.manifest.sources = vec![file("Org/Tiny-GGUF")];
    let hub = Hub::start(content(&site));
    let mut plan = site.plan();
    plan.hub_endpoint = Some(format!("{}/", hub.endpoint));
    (site, plan, hub)
}

fn file(repo: &str) -> Source {
    Source::Hub(HubFile { repo: repo.into(), file: "tiny.gguf".into(), revision: REVISION.into() })
}

#[test]
fn model_comes_from_the_hub_and_nothing_else_stays() {
    let (site, plan, hub) = site(|s| s.content.clone());
    let report = site.run(&plan).unwrap();
    assert_eq!(report.model.action, Action::Fetched);
    assert_eq!(report.model.source.as_deref(), Some("hub:Org/Tiny-GGUF"));
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
    assert!(!site.model_path().is_symlink());
    assert!(!site.model_path().with_file_name(".hub").exists());
    assert_eq!(hub.downloads(), ["/blob bytes=0-"]);
    assert_eq!(site.run(&plan).unwrap().model.action, Action::Present);
    assert!(hub.downloads().is_empty());
}

#[test]
fn renamed_repository_is_followed() {
    let (mut site, mut plan, _hub) = site(|s| s.content.clone());
    site.manifest.sources = vec![file("Old/Tiny-GGUF")];
    plan.model = site.plan().model;
    site.run(&plan).unwrap();
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn broken_download_is_gone_on_with_at_the_next_run() {
    let (site, plan, hub) = site(|s| s.content.clone());
    hub.set(Behaviour { cut_after: Some(10_000), ..Behaviour::default() });
    let error = site.run(&plan).unwrap_err();
    assert_eq!(error.code(), "setup.hub");
    assert!(!site.model_path().exists());
    // One try and two more, each from where the last one broke off.
    assert_eq!(hub.downloads(), ["/blob bytes=0-", "/blob bytes=10000-", "/blob bytes=20000-"]);

    hub.set(Behaviour::default());
    site.run(&plan).unwrap();
    assert_eq!(hub.downloads(), ["/blob bytes=30000-"]);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn download_cut_off_just_before_the_end_starts_afresh() {
    let (site, plan, hub) = site(|s| s.content.clone());
    hub.set(Behaviour { cut_after: Some(10), ..Behaviour::default() });
    site.run(&plan).unwrap_err();
    let blobs = site.model_path().with_file_name(".hub").join("models--Org--Tiny-GGUF/blobs");
    fs::write(blobs.join("feedbeef.part"), &site.content).unwrap();
    hub.set(Behaviour::default());
    site.run(&plan).unwrap();
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn wrong_content_is_refused_and_not_kept() {
    let (site, plan, _hub) = site(|s| {
        let mut bytes = s.content.clone();
        bytes[9] ^= 1;
        bytes
    });
    assert_eq!(site.run(&plan).unwrap_err().code(), "setup.wrong_hash");
    site.assert_nothing_half_written();
}

#[test]
fn answers_a_hub_would_not_give_are_told() {
    let (site, mut plan, hub) = site(|s| s.content.clone());
    for behaviour in [
        Behaviour { status: Some(404), ..Behaviour::default() },
        Behaviour { status: Some(500), ..Behaviour::default() },
        Behaviour { status: Some(302), ..Behaviour::default() },
        Behaviour { bare: true, ..Behaviour::default() },
    ] {
        hub.set(behaviour);
        let error = site.run(&plan).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("setup.hub", 3), "{error}");
        assert!(error.to_string().contains("ZHICAI_HUB_ENDPOINT"), "{error}");
        assert!(!site.model_path().exists());
    }
    plan.hub_endpoint = Some("http://127.0.0.1:1".into());
    assert_eq!(site.run(&plan).unwrap_err().code(), "setup.hub");
}

#[test]
fn endpoint_must_be_a_url() {
    let (site, mut plan, _hub) = site(|s| s.content.clone());
    for bad in ["", "hub", "ftp://x", "http://", "http:///x", "https://a b", "https://模型"] {
        plan.hub_endpoint = Some(bad.into());
        let error = site.run(&plan).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("setup.bad_endpoint", 2), "{bad}");
    }
}

#[test]
fn next_source_is_tried_and_all_failures_are_told() {
    let (mut site, mut plan, hub) = site(|s| s.content.clone());
    site.manifest.sources = vec![Site::new().manifest.sources.remove(0), file("Org/Tiny-GGUF")];
    plan.model = site.plan().model;
    site.fetcher.fail("zc-test-part2", Trouble::Offline);
    hub.set(Behaviour { status: Some(404), ..Behaviour::default() });
    let error = site.run(&plan).unwrap_err();
    assert_eq!(error.code(), "setup.all_sources");
    let SetupError::AllSources { failures, .. } = &error else { panic!("{error}") };
    assert_eq!(failures.iter().map(SetupError::code).collect::<Vec<_>>(), ["setup.network", "setup.hub"]);
    assert!(error.to_string().contains("来源2"), "{error}");

    hub.set(Behaviour::default());
    let report = site.run(&plan).unwrap();
    assert_eq!(report.model.source.as_deref(), Some("hub:Org/Tiny-GGUF"));
    // The piece that did come through is not left behind.
    assert_eq!(report.model.freed_bytes, site.pieces()[0].size);
}

#[test]
fn too_little_space_is_told_before_the_hub_is_asked() {
    let (mut site, plan, hub) = site(|s| s.content.clone());
    site.disk.free = Some(10);
    assert_eq!(site.run(&plan).unwrap_err().code(), "setup.no_space");
    assert!(hub.downloads().is_empty());
}
