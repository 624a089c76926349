//! The one integration binary; a module per matter.

mod setup;
