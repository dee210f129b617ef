//! Mouse, wheel, touch and keys of a page, as a person's devices would send them. Events that belong together are sent
//! together: the browser keeps their order.

use std::sync::PoisonError;
use std::time::Duration;

use super::keys::{Key, Modifiers};
use super::{Frame, Page};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::protocol::input as i;
use crate::session::{CALL_TIMEOUT, Events};

/// A button of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouseButton {
    #[default]
    Left,
    Middle,
    Right,
}

impl MouseButton {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Middle => "middle",
            Self::Right => "right",
        }
    }

    fn bit(self) -> u32 {
        match self {
            Self::Left => 1,
            Self::Right => 2,
            Self::Middle => 4,
        }
    }
}

/// Where the mouse is and which buttons are down.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pointer {
    x: f64,
    y: f64,
    buttons: u32,
}

/// A click: which button, how often, what is held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Click {
    pub(crate) button: MouseButton,
    pub(crate) count: u32,
    pub(crate) modifiers: Modifiers,
}

impl Page {
    fn pointer(&self) -> std::sync::MutexGuard<'_, Pointer> {
        self.inner.pointer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mouse(&self, kind: &str, x: f64, y: f64, modifiers: Modifiers) -> i::MouseEvent {
        self.inner.state().dialogs = 0;
        i::MouseEvent { kind: kind.to_owned(), x, y, modifiers: modifiers.0, buttons: self.pointer().buttons, ..i::MouseEvent::default() }
    }

    /// Moves the mouse, in CSS pixels of the page's view.
    pub async fn mouse_move(&self, x: f64, y: f64) -> Result<(), CdpError> {
        let mut event = self.mouse("mouseMoved", x, y, Modifiers::default());
        if event.buttons & MouseButton::Left.bit() != 0 {
            // Without it the browser does not take the movement for a drag.
            event.button = Some(MouseButton::Left.name().to_owned());
        }
        (self.pointer().x, self.pointer().y) = (x, y);
        self.inner.session.call(&event).await.map(drop)
    }

    pub async fn mouse_down(&self, button: MouseButton) -> Result<(), CdpError> {
        self.press_button(button, 1, Modifiers::default()).within(CALL_TIMEOUT).await
    }

    pub async fn mouse_up(&self, button: MouseButton) -> Result<(), CdpError> {
        self.release_button(button, 1, Modifiers::default()).within(CALL_TIMEOUT).await
    }

    fn press_button(&self, button: MouseButton, count: u32, modifiers: Modifiers) -> Sent {
        let at = {
            let mut pointer = self.pointer();
            pointer.buttons |= button.bit();
            *pointer
        };
        let mut event = self.mouse("mousePressed", at.x, at.y, modifiers);
        (event.button, event.click_count) = (Some(button.name().to_owned()), Some(count));
        Sent(self.inner.session.submit(&event))
    }

    fn release_button(&self, button: MouseButton, count: u32, modifiers: Modifiers) -> Sent {
        let at = {
            let mut pointer = self.pointer();
            pointer.buttons &= !button.bit();
            *pointer
        };
        let mut event = self.mouse("mouseReleased", at.x, at.y, modifiers);
        (event.button, event.click_count) = (Some(button.name().to_owned()), Some(count));
        Sent(self.inner.session.submit(&event))
    }

    /// Moves there and clicks. Everything is sent at once.
    pub(crate) async fn click_at(&self, x: f64, y: f64, click: Click, limit: Duration) -> Result<(), CdpError> {
        let moved = Sent(self.inner.session.submit(&self.mouse("mouseMoved", x, y, click.modifiers)));
        (self.pointer().x, self.pointer().y) = (x, y);
        let mut sent = vec![moved];
        for count in 1..=click.count {
            sent.push(self.press_button(click.button, count, click.modifiers));
            sent.push(self.release_button(click.button, count, click.modifiers));
        }
        for call in sent {
            match call.0?.within(limit).await {
                Ok(_) => {}
                // The page may close itself for the click, and be gone before any of the events is answered.
                Err(CdpError::TargetClosed { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Turns the wheel where the mouse is.
    pub async fn wheel(&self, delta_x: f64, delta_y: f64) -> Result<(), CdpError> {
        let at = *self.pointer();
        let mut event = self.mouse("mouseWheel", at.x, at.y, Modifiers::default());
        (event.delta_x, event.delta_y) = (Some(delta_x), Some(delta_y));
        self.inner.session.call(&event).await.map(drop)
    }

    /// Touches with one finger, shortly.
    pub async fn tap_at(&self, x: f64, y: f64) -> Result<(), CdpError> {
        let start = i::TouchEvent { kind: "touchStart".to_owned(), touch_points: vec![i::TouchPoint { x, y }], modifiers: 0 };
        let end = i::TouchEvent { kind: "touchEnd".to_owned(), ..i::TouchEvent::default() };
        let (start, end) = (self.inner.session.submit(&start)?, self.inner.session.submit(&end)?);
        start.within(CALL_TIMEOUT).await?;
        end.within(CALL_TIMEOUT).await.map(drop)
    }

    /// Presses a key or a chord such as `Control+A`, where the focus is.
    pub async fn press(&self, chord: &str) -> Result<(), CdpError> {
        let (key, modifiers) = Key::chord(chord)?;
        let mut held = Modifiers::default();
        let mut sent = Vec::new();
        for (name, modifier) in modifiers.keys() {
            held = held.with(modifier);
            sent.push(self.key("rawKeyDown", &modifier_key(name)?, held));
        }
        sent.push(self.key(if key.text.is_some() { "keyDown" } else { "rawKeyDown" }, &key, modifiers));
        sent.push(self.key("keyUp", &key, modifiers));
        for (name, modifier) in modifiers.keys() {
            held = Modifiers(held.0 & !modifier.0);
            sent.push(self.key("keyUp", &modifier_key(name)?, held));
        }
        for call in sent {
            call.within(CALL_TIMEOUT).await?;
        }
        Ok(())
    }

    /// Writes a text key by key where the focus is; characters without a key are put in as a whole.
    pub async fn type_text(&self, text: &str, delay: Duration) -> Result<(), CdpError> {
        for character in text.chars() {
            match Key::writing(character) {
                Some((key, shift)) => {
                    let modifiers = if shift { Modifiers::SHIFT } else { Modifiers::default() };
                    let kind = if key.text.is_some() { "keyDown" } else { "rawKeyDown" };
                    let (down, up) = (self.key(kind, &key, modifiers), self.key("keyUp", &key, modifiers));
                    down.within(CALL_TIMEOUT).await?;
                    up.within(CALL_TIMEOUT).await?;
                }
                None => self.insert_text(&character.to_string()).await?,
            }
            if !delay.is_zero() {
                // The pause between two keys is what was asked for.
                tokio::time::sleep(delay).await;
            }
        }
        Ok(())
    }

    /// Puts a text in where the focus is, as an input method does.
    pub async fn insert_text(&self, text: &str) -> Result<(), CdpError> {
        self.inner.session.call(&i::InsertText { text: text.to_owned() }).await.map(drop)
    }

    fn key(&self, kind: &str, key: &Key, modifiers: Modifiers) -> Sent<i::KeyEvent> {
        self.inner.state().dialogs = 0;
        let text = key.text.clone().filter(|_| kind == "keyDown");
        Sent(self.inner.session.submit(&i::KeyEvent {
            kind: kind.to_owned(),
            modifiers: modifiers.0,
            key: key.key.clone(),
            code: key.code.clone(),
            windows_virtual_key_code: key.virtual_code,
            location: key.location,
            auto_repeat: false,
            unmodified_text: text.clone(),
            text,
            commands: None,
        }))
    }

    /// Drags from one point to another, beginning in `frame`. What the page drags by itself is carried by the browser's
    /// own drag and drop.
    pub(crate) async fn drag_between(&self, frame: &Frame, from: (f64, f64), to: (f64, f64), deadline: &Deadline) -> Result<(), CdpError> {
        let session = &self.inner.session;
        let mut events = session.events();
        session.call(&i::SetInterceptDrags { enabled: true }).await?;
        frame.ask("watchDrag", deadline).await?;
        let result = async {
            self.mouse_move(from.0, from.1).await?;
            self.mouse_down(MouseButton::Left).await?;
            let between = |part: f64| (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            let mut dragged = None;
            // The browser begins a drag once the mouse left the place where it was pressed.
            for (x, y) in [between(0.3), between(0.7), to] {
                if let Some(data) = &dragged {
                    self.drag_event("dragOver", x, y, data).await?;
                    continue;
                }
                self.mouse_move(x, y).await?;
                if frame.ask("isDragging", deadline).await? {
                    let data = deadline.wait("the beginning of the drag", intercepted(&mut events)).await??;
                    self.drag_event("dragEnter", x, y, &data).await?;
                    dragged = Some(data);
                }
            }
            if let Some(data) = &dragged {
                self.drag_event("dragOver", to.0, to.1, data).await?;
                self.drag_event("drop", to.0, to.1, data).await?;
            }
            (self.pointer().x, self.pointer().y) = to;
            self.mouse_up(MouseButton::Left).await
        };
        let result = result.await;
        session.send(&i::SetInterceptDrags { enabled: false });
        result
    }

    async fn drag_event(&self, kind: &str, x: f64, y: f64, data: &serde_json::Value) -> Result<(), CdpError> {
        let event = i::DragEvent { kind: kind.to_owned(), x, y, data: data.clone(), modifiers: 0 };
        self.inner.session.call(&event).await.map(drop)
    }
}

/// What is dragged.
async fn intercepted(events: &mut Events) -> Result<serde_json::Value, CdpError> {
    loop {
        match events.next().await {
            Some(Ok(event)) => {
                if let Some(drag) = event.read::<i::DragIntercepted>() {
                    return Ok(drag.data);
                }
            }
            Some(Err(_)) => {}
            None => return Err(CdpError::TargetClosed { method: "the drag".to_owned() }),
        }
    }
}

fn modifier_key(name: &str) -> Result<Key, CdpError> {
    Key::named(name).ok_or_else(|| CdpError::Invalid(format!("{name:?} is no key")))
}

/// An event that was sent, or why it was not.
struct Sent<M = i::MouseEvent>(Result<crate::session::Pending<M>, CdpError>);

impl<M: crate::protocol::Method> Sent<M> {
    async fn within(self, limit: Duration) -> Result<(), CdpError> {
        self.0?.within(limit).await.map(drop)
    }
}
