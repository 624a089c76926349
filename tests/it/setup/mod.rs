//! Set-up without a network: wheels made here, a folder in place of the registry, a loopback server in place of the hub.

mod command;
mod hub;
mod manifests;
mod packages;
mod pip;
mod statutes;
mod support;
