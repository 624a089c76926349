//! `zhicai draft CASE.json|- --kind KIND --out FILE.docx`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::input;
use crate::error::{Class, Report, Result};
use crate::flow::draft::{DEFAULT_KIND, docx};
use crate::flow::today;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 案件 JSON 文件，- 表示标准输入
    case: PathBuf,
    /// 文种
    #[arg(long, default_value = DEFAULT_KIND)]
    kind: String,
    /// 写到哪个 .docx 文件
    #[arg(long)]
    out: PathBuf,
    /// 模型编号、GGUF 文件路径、remote（zhicai.toml 中 [remote] 的服务），或 none
    #[arg(long, env = "ZHICAI_MODEL")]
    model: Option<String>,
    /// 另以 JSON 输出全文与出处
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let text = input::text(&args.case)?;
    let flow = input::flow(settings, args.model.as_deref())?;
    let (case, notes) = flow.read_case(&text)?;
    let mut draft = flow.draft(&case, &args.kind, today())?;
    draft.warnings.extend(notes);
    save(&args.out, &docx(&draft)?)?;
    if args.json {
        input::print(&draft);
    } else {
        let s = draft.stats;
        println!("已写入 {}（{:.1} 秒）", args.out.display(), draft.seconds);
        println!(
            "起草段落 {} 个，其中模型写成 {} 个；待人填写：{}",
            s.fields,
            s.model_fields,
            if draft.fallbacks.is_empty() { "无".into() } else { draft.fallbacks.join("、") }
        );
    }
    for warning in &draft.warnings {
        eprintln!("注意：{}", warning.text);
    }
    for missing in &draft.missing {
        eprintln!("待补：{missing}");
    }
    // A value without a source is a found fault, whatever else went well.
    Ok(if draft.unsupported.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Writes beside the target and renames: nothing half-written remains.
fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |e: std::io::Error| {
        Report::new(Class::Missing, "draft.not_written", "文书无法写入", format!("{}：{e}", path.display()))
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    #[cfg(unix)]
    {
        // A temporary file is private; the document is as readable as anything else the officer saves.
        use std::os::unix::fs::PermissionsExt;
        let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}
