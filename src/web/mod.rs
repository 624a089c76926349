//! HTTP: routes, handlers, pages.
