//! `zhicai record …`: what an outside body keeps of the record, and what it can check with it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::input;
use super::verify_record::Kept;
use crate::error::{Class, Report, Result};
use crate::flow::record::{self, Exported};
use crate::settings::Settings;

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// 导出已签名的检查点，交外部保管：以后可证明此前的记录没有被重写
    Checkpoint {
        /// 写到哪个文件
        #[arg(long)]
        out: PathBuf,
        /// 上次导出的检查点：同时导出两者之间的连续性证明
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// 导出一个事件确在记录之中的证明
    Prove {
        /// 事件编号
        seq: i64,
        /// 写到哪个文件
        #[arg(long)]
        out: PathBuf,
        /// 对照外部保存的检查点作出证明（默认用现在的检查点）
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// 核对导出的检查点或证明；不需要数据目录
    CheckProof {
        file: PathBuf,
        #[command(flatten)]
        kept: Kept,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
}

pub fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    match command {
        Command::Checkpoint { out, checkpoint } => {
            let since = checkpoint.map(|p| record::read_checkpoint(&input::text(&p)?)).transpose()?;
            let made = wait(record::checkpoint_of(&settings.data_dir, since.as_ref()))?;
            write(&out, &made)?;
            println!("检查点：前 {} 个事件，根 {}", made.checkpoint.size, made.checkpoint.root);
            println!("公钥 {}", made.public_key);
            println!("已写到 {}。请交外部（如司法行政部门、档案部门）保管。", out.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Prove { seq, out, checkpoint } => {
            let at = checkpoint.map(|p| record::read_checkpoint(&input::text(&p)?)).transpose()?;
            let proof = wait(record::prove(&settings.data_dir, seq, at))?;
            write(&out, &proof)?;
            println!("第{seq}号事件在前 {} 个事件的记录之中，证明已写到 {}。", proof.checkpoint.size, out.display());
            println!("注意：证明含该事件的全部内容，可能有个人信息，请按需提供。");
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckProof { file, kept, json } => {
            let document = record::read_exported(&input::text(&file)?)?;
            let wanted = kept.wanted()?;
            let checked = record::check(&document, &wanted.checkpoints, wanted.key.as_deref());
            if json {
                input::print(&checked);
            } else {
                println!("记录编号：{}\n签名公钥：{}", checked.record, checked.public_key);
                match &document {
                    Exported::Checkpoint(_) => println!("检查点：前 {} 个事件", checked.size),
                    Exported::Inclusion(p) => {
                        println!(
                            "第{}号事件（{}，{}，{}）",
                            p.event.seq, p.event.at, p.event.actor_name, p.event.action
                        );
                    }
                }
                checked.faults.iter().for_each(|f| println!("不符 {f}"));
                checked.warnings.iter().for_each(|w| println!("提示 {w}"));
                println!("{}", if checked.ok { "核对通过。" } else { "核对不通过。" });
            }
            Ok(if checked.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new(Class::Internal, "record.runtime", "无法启动", e.to_string()))?;
    runtime.block_on(work)
}

/// A new file; what was kept before is not written over.
fn write<T: serde::Serialize>(out: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(out)
        .and_then(|mut f| writeln!(f, "{text}").and_then(|()| f.sync_all()));
    written.map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::AlreadyExists => "已存在，请换一个文件名".to_string(),
            _ => e.to_string(),
        };
        Report::new(Class::Invalid, "record.out", "无法写文件", format!("{}：{why}", out.display()))
    })
}
