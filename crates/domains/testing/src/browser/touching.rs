//! What a person does to the page of a live session, as the browser has it done.

use std::time::Duration;

use argos_cdp::{CdpError, LoadState, MouseButton, Page};

use crate::model::live::{Button, MouseEvent, Touch};

/// What a page may take to load.
const GOTO: Duration = Duration::from_secs(30);

pub(super) async fn done(page: Page, touch: Touch) -> Result<(), CdpError> {
    let of = |button| match button {
        Button::Left => MouseButton::Left,
        Button::Middle => MouseButton::Middle,
        Button::Right => MouseButton::Right,
    };
    match touch {
        Touch::Mouse { event, x, y, button } => {
            page.mouse_move(x, y).await?;
            match event {
                MouseEvent::Move => Ok(()),
                MouseEvent::Down => page.mouse_down(of(button)).await,
                MouseEvent::Up => page.mouse_up(of(button)).await,
            }
        }
        Touch::Wheel { x, y, delta_x, delta_y } => {
            page.mouse_move(x, y).await?;
            page.wheel(delta_x, delta_y).await
        }
        Touch::Key { key } => page.press(&key).await,
        Touch::Text { text } => page.type_text(&text, Duration::ZERO).await,
        Touch::Goto { url } => page.goto(&url, LoadState::Commit, GOTO).await.map(drop),
        Touch::Back => page.go_back(LoadState::Commit, GOTO).await.map(drop),
        Touch::Reload => page.reload(LoadState::Commit, GOTO).await.map(drop),
        // What is done to the session and not to its page.
        Touch::Tab { .. } | Touch::NewTab | Touch::CloseTab { .. } | Touch::Stop => Ok(()),
    }
}
