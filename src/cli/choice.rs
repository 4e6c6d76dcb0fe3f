//! What a flag and its setting choose together.

use std::time::Duration;

use clap::builder::{BoolValueParser, TypedValueParser};

use crate::settings::Setting;

pub(super) fn value<T: Clone>(setting: &Option<Setting<T>>) -> Option<T> {
    setting.as_ref().map(|setting| setting.value.clone())
}

/// Whether a flag or its setting says yes.
pub(super) fn is_on(flag: bool, setting: &Option<Setting<bool>>) -> bool {
    flag || value(setting) == Some(true)
}

/// What a flag chooses; without the flag, the default.
pub(super) fn choice<T: Default>(flag: bool, chosen: T) -> T {
    if flag { chosen } else { T::default() }
}

/// The parser of a flag without a value: what it chooses, or the default.
pub(super) fn flag<T: Copy + Default + Send + Sync + 'static>(chosen: T) -> impl TypedValueParser<Value = T> {
    BoolValueParser::new().map(move |is_given| choice(is_given, chosen))
}

/// A limit in time; zero means no limit.
pub(super) fn limit(flag: Option<Duration>, setting: &Option<Setting<Duration>>) -> Option<Duration> {
    flag.or(value(setting)).filter(|limit| !limit.is_zero())
}
