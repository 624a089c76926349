//! What can go wrong with a model server, told so that a person knows where to look.

/// Trouble with the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("设置文件 zhicai.toml 的 [remote] 有误：{0}")]
    Settings(&'static str),
    #[error("连不上外部模型服务，请检查 [remote] 的 endpoint 和网络：{0}")]
    Unreachable(String),
    #[error("外部模型服务超过 {0} 秒没有回应；可在 [remote] 中调大 timeout_seconds")]
    Timeout(u64),
    #[error("外部模型服务拒绝了密钥（{0}），请检查环境变量 ZHICAI_REMOTE_KEY")]
    Unauthorized(u16),
    #[error("外部模型服务过忙，请稍后再试")]
    Busy,
    #[error("外部模型服务报错（{status}）：{message}")]
    Status { status: u16, message: String },
    #[error("外部模型服务报错：{0}")]
    Reported(String),
    #[error("外部模型服务的回答无法读取：{0}")]
    Broken(String),
    #[error("外部模型服务没有答完就断开了")]
    Cut,
    #[error("外部模型服务不支持{0}，请改用本机模型")]
    Unsupported(&'static str),
}

impl RemoteError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "remote.settings",
            Self::Unreachable(_) => "remote.unreachable",
            Self::Timeout(_) => "remote.timeout",
            Self::Unauthorized(_) => "remote.unauthorized",
            Self::Busy => "remote.busy",
            Self::Status { .. } => "remote.status",
            Self::Reported(_) => "remote.reported",
            Self::Broken(_) => "remote.broken",
            Self::Cut => "remote.cut",
            Self::Unsupported(_) => "remote.unsupported",
        }
    }
}
