//! Boxes closures and futures. The framework is generic over them, so that with boxed types its code is compiled only
//! once.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// A part of a view, or the value of an attribute, that updates when a signal it reads changes.
pub fn reactive<T>(read: impl FnMut() -> T + Send + 'static) -> Box<dyn FnMut() -> T + Send> {
    Box::new(read)
}

/// A condition that depends on signals. Its readers run again only when its value changes.
pub fn condition(read: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    let read: Box<dyn Fn() -> bool + Send + Sync> = Box::new(read);
    Memo::new(move |_| read())
}

/// An event handler.
pub fn handler<E: 'static>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// Runs in the browser only, and again whenever a signal that it reads changes.
pub fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// Runs a future in the background, in the browser only.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}
