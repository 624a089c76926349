//! `zhicai people …`: people, for the machine's administrator. Whoever may read the data directory may do this; the record says so.

use std::process::ExitCode;

use jiff::Timestamp;

use crate::domain::people::Role;
use crate::error::{Class, Report, Result};
use crate::flow::people::invite::Link;
use crate::flow::people::machine;
use crate::flow::people::manage::{NewPerson, PersonChange};
use crate::flow::{Flow, ModelUse};
use crate::settings::Settings;

const ORIGIN: &str = "cli";

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// 登记人员，并给出设置密码的一次性链接
    Add {
        /// 登录名
        login: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 角色：officer 承办人、reviewer 法制审核人员、head 负责人、publisher 公示员、trainer 培训师、trainee 培训学员、supervisor 监督、admin 管理员；可多次给出
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
        #[command(flatten)]
        at: At,
    },
    /// 列出人员
    List {
        #[arg(long)]
        json: bool,
    },
    /// 停用人员：结束其登录，撤销其令牌
    Disable {
        /// 登录名
        login: String,
    },
    /// 给出设置（或重设）密码的一次性链接
    Invite {
        /// 登录名
        login: String,
        #[command(flatten)]
        at: At,
    },
    /// 还没有任何人员时，给出建立第一位管理员的一次性链接
    Link {
        #[command(flatten)]
        at: At,
    },
}

/// Where the service is reached, for links.
#[derive(clap::Args, Debug)]
pub struct At {
    /// 服务地址
    #[arg(long, default_value = "http://127.0.0.1:8088")]
    url: String,
}

fn role(code: &str) -> std::result::Result<Role, String> {
    Role::from_code(code).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|r| r.code()).collect();
        format!("没有这个角色，可用：{}", all.join("、"))
    })
}

pub fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new(Class::Internal, "people.runtime", "无法启动", e.to_string()))?;
    let flow = Flow::open(settings, ModelUse::default())?;
    runtime.block_on(async {
        let done = act(command, &flow).await;
        // Also after a refusal: the record gets its last checkpoint.
        let closed = flow.close_store().await;
        done.and(closed)
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn act(command: Command, flow: &Flow) -> Result<()> {
    let now = Timestamp::now();
    match command {
        Command::Add { login, name, roles, at } => {
            let new = NewPerson { login, name, roles, ..NewPerson::default() };
            let person = flow.add_person(machine(), new, ORIGIN, now).await?;
            let link = flow.invite(machine(), &person.id, ORIGIN, now).await?;
            println!("已登记：{}（{}）。请把下面的链接交给本人设置密码：", person.name, person.login);
            show(&at, &link);
        }
        Command::List { json } => {
            let people = flow.people().await?;
            if json {
                println!("{}", serde_json::json!({ "people": people }));
                return Ok(());
            }
            for p in people {
                let roles: Vec<&str> = p.roles.iter().map(|r| r.zh()).collect();
                let state = match (p.disabled, p.has_password) {
                    (true, _) => "已停用",
                    (false, true) => "在用",
                    (false, false) => "未设密码",
                };
                println!("{}\t{}\t{}\t{state}", p.login, p.name, roles.join("、"));
            }
        }
        Command::Disable { login } => {
            let person = flow.person_called(&login).await?;
            let change = PersonChange { version: person.version, disabled: Some(true), ..PersonChange::default() };
            let person = flow.change_person(machine(), &person.id, change, ORIGIN, now).await?;
            println!("已停用：{}（{}）", person.name, person.login);
        }
        Command::Invite { login, at } => {
            let person = flow.person_called(&login).await?;
            show(&at, &flow.invite(machine(), &person.id, ORIGIN, now).await?);
        }
        Command::Link { at } => match flow.first_link(machine(), ORIGIN, now).await? {
            Some(link) => show(&at, &link),
            None => {
                return Err(Report::new(
                    Class::Conflict,
                    "people.not_first",
                    "已有人员",
                    "首次链接只用于还没有任何人员时；忘记密码请用 zhicai people invite 登录名",
                ));
            }
        },
    }
    Ok(())
}

fn show(at: &At, link: &Link) {
    println!("{}{}", at.url.trim_end_matches('/'), link.url);
    println!("有效期至 {}，只能使用一次。", link.expires_at);
}
