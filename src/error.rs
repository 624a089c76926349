//! One variant per room, one stable code per case; no HTTP.
