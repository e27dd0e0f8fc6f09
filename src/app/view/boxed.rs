//! Closures and futures in boxes: the framework is generic over each of them, and is compiled once for a
//! boxed type.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// A part of a view, or the value of an attribute, that follows the signals it reads.
pub fn reactive<T>(read: impl FnMut() -> T + Send + 'static) -> Box<dyn FnMut() -> T + Send> {
    Box::new(read)
}

/// A condition that follows the signals it reads; what reads it runs again only when it changes.
pub fn condition(read: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    let read: Box<dyn Fn() -> bool + Send + Sync> = Box::new(read);
    Memo::new(move |_| read())
}

/// An event handler.
pub fn handler<E: 'static>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// Runs again whenever a signal that it reads changes. In the browser only.
pub fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// Runs a future to its end, on its own. In the browser only.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}
