//! `zhicai backup` and `zhicai restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::input;
use super::verify_record::{self, Kept};
use crate::error::Result;
use crate::flow::record;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct BackupArgs {
    /// 备份到哪里：以 .zip 结尾为一个文件，否则为一个目录；不能已存在
    #[arg(long)]
    out: PathBuf,
    /// 连同签名密钥和设置文件（含密码），请妥善保管
    #[arg(long)]
    with_key: bool,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct RestoreArgs {
    /// 备份文件或目录
    from: PathBuf,
    /// 数据目录不空时，把原有内容移到旁边，再恢复
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    kept: Kept,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn backup(args: BackupArgs, settings: &Settings) -> Result<ExitCode> {
    let made = record::back_up(&settings.data_dir, &args.out, args.with_key)?;
    if args.json {
        input::print(&made);
    } else {
        println!("已备份到 {}：{} 个文件，{} 字节。", made.out.display(), made.files, made.bytes);
        if !made.with_key {
            println!("备份中没有签名密钥（record.key）：请另行妥善保管，恢复后放回数据目录才能继续写入。");
        }
        if !made.verified.ok {
            println!("注意：备份时记录已不完整——");
            verify_record::show(&made.verified);
        }
    }
    Ok(if made.verified.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub fn restore(args: RestoreArgs, settings: &Settings) -> Result<ExitCode> {
    let made = record::restore(&args.from, &settings.data_dir, args.force, &args.kept.wanted()?)?;
    if args.json {
        input::print(&made);
        return Ok(if made.verified.ok { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    println!("已恢复到 {}：{} 个文件（{} 的备份）。", made.data_dir.display(), made.files, made.manifest_made_at);
    if let Some(aside) = &made.moved_aside {
        println!("原有内容移到了 {}，确认无误后可自行删除。", aside.display());
    }
    verify_record::show(&made.verified);
    if !made.has_key {
        println!("还没有签名密钥：请把 record.key 放回 {}，否则服务不能写入。", made.data_dir.display());
    }
    println!("模型和检索索引不在备份中，运行 zhicai setup 补齐。");
    Ok(if made.verified.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
