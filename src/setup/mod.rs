//! 安装: packages → verified files in the data directory, resumable, with progress.
