//! `zhicai verify-record`: the full-process record, unbroken, or where it breaks (exit 1). Read-only; the service may go on running.

use std::path::PathBuf;
use std::process::ExitCode;

use super::input;
use crate::error::Result;
use crate::flow::record::{self, Verified, Wanted};
use crate::settings::Settings;

/// Faults shown to a person; `--json` has more.
const SHOWN: usize = 50;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    kept: Kept,
}

/// What was kept elsewhere: only that shows what somebody with the signing key has rewritten.
#[derive(clap::Args, Debug, Default)]
pub struct Kept {
    /// 外部保存的检查点文件（zhicai record checkpoint 所导出）；可多次给出
    #[arg(long = "checkpoint", value_name = "FILE", num_args = 1..)]
    checkpoints: Vec<PathBuf>,
    /// 外部保存的公钥（64位小写十六进制）
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

impl Kept {
    pub fn wanted(&self) -> Result<Wanted> {
        let checkpoints = self.checkpoints.iter().map(|p| record::read_checkpoint(&input::text(p)?));
        Ok(Wanted { key: self.key.clone(), checkpoints: checkpoints.collect::<Result<_>>()? })
    }
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let verified = record::verify(&settings.data_dir, &args.kept.wanted()?)?;
    if args.json {
        input::print(&verified);
    } else {
        show(&verified);
    }
    Ok(if verified.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// For a person.
pub fn show(v: &Verified) {
    println!("记录编号：{}", v.record);
    println!("签名公钥：{}", v.public_key);
    println!(
        "事件 {} 个（最后一个 {}），检查点 {} 个，封存的数据 {} 行，附件 {} 个（{} 字节）",
        v.events, v.last_at, v.checkpoints, v.sealed_rows, v.files, v.file_bytes
    );
    for size in &v.confirmed {
        println!("与外部保存的检查点一致：前 {size} 个事件没有被重写");
    }
    for fault in v.faults.iter().take(SHOWN) {
        println!("不符 {}", fault.message);
    }
    if v.faults_total > SHOWN {
        println!("……另有 {} 处，用 --json 查看", v.faults_total - SHOWN);
    }
    for warning in &v.warnings {
        println!("提示 {warning}");
    }
    match v.ok {
        true => println!("核验通过：记录完整，没有发现改动。"),
        false => println!("核验不通过：共 {} 处不符。请停止使用本数据，保留现场，并从备份恢复。", v.faults_total),
    }
}
