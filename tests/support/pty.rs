//! A program on a terminal of its own: keys are pressed, the screen's bytes are looked at.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long the program may take to show something.
const LIMIT: Duration = Duration::from_secs(20);

pub struct Pty {
    child: Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    /// What was shown and not waited for yet.
    text: String,
}

impl Pty {
    pub fn start(command: &mut Command) -> Pty {
        let (mut keyboard, mut screen) = (0, 0);
        let size = libc::winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: both places are ours, no name and no settings are asked for, the size is a plain structure.
        let opened = unsafe {
            libc::openpty(
                &mut keyboard,
                &mut screen,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                &raw const size as *mut _,
            )
        };
        assert_eq!(opened, 0, "a pty can be opened");
        // SAFETY: openpty gave both to nobody else.
        let (keyboard, screen) = unsafe { (OwnedFd::from_raw_fd(keyboard), OwnedFd::from_raw_fd(screen)) };
        let copy = || Stdio::from(screen.try_clone().expect("a descriptor can be copied"));
        command.stdin(copy()).stdout(copy()).stderr(copy());
        // SAFETY: setsid and ioctl may be called between fork and exec; descriptor 0 is the pty by then.
        unsafe {
            std::os::unix::process::CommandExt::pre_exec(command, || {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child = command.spawn().expect("the program can be started");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(screen);
        let keys = File::from(keyboard);
        let mut reader = keys.try_clone().expect("a descriptor can be copied");
        let (sender, shown) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A pty whose program has ended fails to be read.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Pty { child, keys, shown, text: String::new() }
    }

    /// Presses keys; `\n` is Enter.
    pub fn type_in(&mut self, keys: &str) {
        let keys = if keys.contains("\x1b[200~") { keys.to_owned() } else { keys.replace('\n', "\r") };
        self.keys.write_all(keys.as_bytes()).expect("the pty takes keys");
    }

    /// Waits until the screen shows a text, and goes on behind it.
    pub fn wait_for(&mut self, wanted: &str) {
        let start = Instant::now();
        loop {
            let plain = without_escapes(&self.text);
            if let Some(at) = plain.find(wanted) {
                self.text = plain[at + wanted.len()..].to_owned();
                return;
            }
            match self.shown.recv_timeout(Duration::from_millis(50)) {
                Ok(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => assert!(start.elapsed() < LIMIT, "{wanted:?} never came; the screen has:\n{plain}"),
            }
        }
    }

    /// Waits for the program's end and gives its exit status.
    pub fn end(mut self) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        None
    }
}

/// A text without the sequences that move the cursor and colour it.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.peek() == Some(&'[') => {
                chars.next();
                while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
            }
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}
