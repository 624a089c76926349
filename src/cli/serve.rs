//! `zhicai serve`: set up what is missing, then serve pages and interface.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use super::{input, setup};
use crate::domain::process_record::ActorRef;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::settings::{Local, Settings};
use crate::setup::choice;
use crate::web;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 监听地址
    #[arg(long, default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
    /// 模型编号、GGUF 文件路径、remote（zhicai.toml 中 [remote] 的服务），或 none
    #[arg(long, env = "ZHICAI_MODEL")]
    model: Option<String>,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new(Class::Internal, "serve.runtime", "无法启动", e.to_string()))?;
    // The port first: nobody wants to wait for a download to learn that it is taken.
    let listener = runtime.block_on(web::bind(args.listen))?;
    setup::ensure(settings, args.model.as_deref())?;
    let model = input::model_use(settings, args.model.as_deref())?;
    let remote = model.remote.as_ref().and_then(|r| r.endpoint.clone());
    let flow = Arc::new(Flow::open(settings, model)?);
    if flow.model_id().is_some() {
        let warm = flow.clone();
        runtime.spawn_blocking(move || {
            if let Err(report) = warm.engine() {
                eprintln!("{report}");
            }
        });
    }
    if settings.search.dense {
        let (warm, settings, model) = (flow.clone(), settings.clone(), args.model.clone());
        runtime.spawn_blocking(move || {
            if let Err(report) = setup::ensure_all(&settings, model.as_deref()) {
                eprintln!("{report}");
            }
            warm.meaning();
        });
    }
    let address = listener.local_addr().map_or(args.listen, |a| a);
    let now = jiff::Timestamp::now();
    let first = runtime.block_on(flow.first_link(ActorRef::system(), "system", now))?;
    println!("智裁已启动：http://{address}/");
    if address.ip().is_loopback() && settings.access.local == Local::Open {
        println!("用浏览器打开上面的地址即可使用；按 Ctrl-C 停止。本机使用检索、裁量、起草不需要登录。");
    } else {
        println!("用浏览器打开上面的地址，登录后使用；按 Ctrl-C 停止。");
    }
    if let Some(link) = first {
        println!("尚未登记人员。建立第一位管理员请打开（24小时内有效，只能用一次，请勿转发）：");
        println!("http://{address}{}", link.url);
    }
    if args.model.is_none()
        && let Ok(chosen) = choice::chosen(&settings.data_dir)
    {
        println!("语言模型 {}：{}。", chosen.model, chosen.why);
    }
    if let Some(endpoint) = remote {
        println!("语言模型在 {endpoint}：起草时只发送脱敏后的要点，不发送案情原文。");
    }
    if !address.ip().is_loopback() {
        eprintln!("注意：正在非本机地址上监听，同一网络内的人都能打开登录页；密码在网络上传输，请在前面加 https。");
    }
    runtime.block_on(web::serve(listener, flow))?;
    // A model that is still loading must not hold up the end.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
