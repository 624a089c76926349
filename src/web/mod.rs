//! HTTP: routes, handlers, pages. Knows the flow, never a room behind it.

pub mod access;
pub mod asked;
pub mod assets;
pub mod caller;
pub mod extract;
pub mod handlers;
pub mod openai;
pub mod problem;
pub mod routes;
pub mod seat;
pub mod views;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use self::access::Door;
use self::problem::Problem;
use crate::error::{Class, Report};
use crate::flow::Flow;

/// What every handler shares.
pub type App = Arc<Flow>;

/// Bodies above this are refused before they are read whole.
pub const BODY_LIMIT: usize = 4 << 20;

/// The whole service as a tower service, as it is on a loopback address; tests drive it without a socket.
pub fn app(flow: Arc<Flow>) -> Router {
    app_behind(Door { flow, loopback: true })
}

/// The whole service behind its door.
pub fn app_behind(door: Door) -> Router {
    routes::router()
        .with_state(door.flow.clone())
        // Innermost, so that whatever it answers gets the shape and the headers of all answers.
        .layer(middleware::from_fn_with_state(door, access::check))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(guard))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem(Report::new(
                Class::Internal,
                "internal.panic",
                "系统内部错误",
                "请求没有完成，未写入任何内容；请把操作步骤告诉管理员",
            ))
            .into_response()
        }))
        // Outside all that can refuse, so that those errors get the shape of their address, too.
        .layer(middleware::from_fn(openai::errors))
        .layer(TraceLayer::new_for_http())
}

/// Only pages of this origin may send commands, nothing foreign is loaded, nothing is framed. There is no
/// `Cross-Origin-Opener-Policy`: whoever opens a page from elsewhere comes without the session's cookie (`SameSite=Strict`; a seat
/// in a workshop is `Lax`, and shows no real case), and the policy makes the browser start another process for every page that
/// is entered, 60 ms before anything is seen.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let foreign = headers
        .get(header::ORIGIN)
        .and_then(|o| o.to_str().ok())
        .is_some_and(|origin| origin.split_once("://").map(|(_, rest)| rest) != Some(host));
    if foreign && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem(Report::new(Class::Refused, "http.foreign_origin", "拒绝跨站请求", "请从本系统的页面操作"))
            .into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Binds the address; a port in use is a clear error before anything starts.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Report> {
    TcpListener::bind(listen).await.map_err(|e| {
        let (code, title, detail) = match e.kind() {
            std::io::ErrorKind::AddrInUse => (
                "serve.port_in_use",
                "端口已被占用",
                format!("{listen} 已有程序在使用，请关闭它，或用 --listen 127.0.0.1:其他端口"),
            ),
            std::io::ErrorKind::PermissionDenied => {
                ("serve.port_denied", "没有权限使用该端口", format!("{listen}：请改用 1024 以上的端口"))
            }
            _ => ("serve.bind", "无法监听地址", format!("{listen}：{e}")),
        };
        Report::new(Class::Missing, code, title, detail)
    })
}

/// Serves until Ctrl-C or SIGTERM, then lets running requests end.
pub async fn serve(listener: TcpListener, flow: Arc<Flow>) -> Result<(), Report> {
    let stopping = flow.clone();
    flow.start_runner();
    let loopback = listener.local_addr().is_ok_and(|a| a.ip().to_canonical().is_loopback());
    let app = app_behind(Door { flow, loopback }).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop_signal().await;
            stopping.stop();
            // Streams end when their job is cancelled; a client that never reads must not hold the process.
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                std::process::exit(0);
            });
        })
        .await
        .map_err(|e| Report::new(Class::Internal, "serve.failed", "服务中断", e.to_string()))
}

async fn stop_signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { () = interrupt => {}, _ = terminate.recv() => {} },
            Err(_) => interrupt.await,
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
