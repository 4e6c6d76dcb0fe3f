//! Commands as a user types them: the built program, with a home of its own, and a real engine where one is needed.

mod agents;
mod api;
mod doctor;
mod models;
mod support;
