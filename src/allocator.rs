//! An allocator for what scripts make: small objects, many, short-lived. Free blocks of up to 512 bytes are kept in lists by
//! size, one set of lists a thread, and are cut from chunks that the system's allocator gives; larger blocks go there.
//!
//! Knows nothing of objects. Chunks are never given back: a block that is freed serves the next of its size. Invariants: a block
//! in list `n` has `(n + 1) * GRAIN` bytes, is aligned to `GRAIN`, and nobody else points to it; its first word links the list.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// Sizes are rounded up to this, which is also the alignment of every small block.
const GRAIN: usize = 16;
const LISTS: usize = 32;
/// The largest block kept in lists.
const SMALL: usize = GRAIN * LISTS;
/// What is asked of the system at a time.
const CHUNK: usize = 64 * 1024;

struct Lists {
    free: [Cell<*mut u8>; LISTS],
    /// The rest of the newest chunk.
    next: Cell<*mut u8>,
    left: Cell<usize>,
}

thread_local! {
    // Without a destructor, so that a look at it is one instruction; what a thread leaves behind at its end stays unused.
    static MINE: Lists = const {
        Lists { free: [const { Cell::new(null_mut()) }; LISTS], next: Cell::new(null_mut()), left: Cell::new(0) }
    };
}

/// For `#[global_allocator]`: what the `aio` command uses; a program that embeds aio may choose it too.
pub struct SizeLists;

/// The list for a layout, if it is small.
#[inline(always)]
fn list_of(layout: Layout) -> Option<usize> {
    (layout.size() <= SMALL && layout.align() <= GRAIN && layout.size() > 0).then(|| (layout.size() - 1) / GRAIN)
}

impl Lists {
    #[inline(always)]
    fn take(&self, list: usize) -> *mut u8 {
        let head = self.free[list].get();
        if head.is_null() {
            return self.cut((list + 1) * GRAIN);
        }
        // SAFETY: by the file's invariant the block is ours and its first word is the link.
        self.free[list].set(unsafe { *head.cast::<*mut u8>() });
        head
    }

    #[inline(always)]
    fn give(&self, list: usize, block: *mut u8) {
        // SAFETY: the caller frees a block of this list's size, so there is room for the link.
        unsafe { *block.cast::<*mut u8>() = self.free[list].get() };
        self.free[list].set(block);
    }

    #[inline(never)]
    fn cut(&self, size: usize) -> *mut u8 {
        if self.left.get() < size {
            // SAFETY: the layout is not empty.
            let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, GRAIN)) };
            if chunk.is_null() {
                return chunk;
            }
            self.next.set(chunk);
            self.left.set(CHUNK);
        }
        let block = self.next.get();
        // SAFETY: `left` says that `size` bytes from `next` on lie in the chunk.
        self.next.set(unsafe { block.add(size) });
        self.left.set(self.left.get() - size);
        block
    }
}

// SAFETY: blocks are disjoint and sized by `list_of`, which gives the same answer for the same layout in `alloc` and `dealloc`; a
// block freed on another thread than its own joins that thread's list.
unsafe impl GlobalAlloc for SizeLists {
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match list_of(layout) {
            Some(list) => MINE.with(|lists| lists.take(list)),
            // SAFETY: passed on as it came.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline(always)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match list_of(layout) {
            Some(list) => MINE.with(|lists| lists.give(list, block)),
            // SAFETY: a large block came from the system.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if list_of(layout).is_none() {
            // SAFETY: passed on as it came; the system knows fresh pages to be zero.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as the caller promises; the block has `size` bytes.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                std::ptr::write_bytes(block, 0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size`, rounded up, does not overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (list_of(layout), list_of(wanted)) {
            (Some(old), Some(new)) if old == new => block,
            // SAFETY: a large block came from the system, and a large one is wanted.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            _ => {
                // SAFETY: both blocks have at least the lesser of the sizes, and are not the same.
                unsafe {
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a small power of two")
    }

    #[test]
    fn a_freed_block_serves_the_next_of_its_size() {
        // SAFETY: every block is freed with the layout it was asked with, and not used after.
        unsafe {
            let a = SizeLists.alloc(layout(40));
            SizeLists.dealloc(a, layout(40));
            let b = SizeLists.alloc(layout(33));
            assert_eq!(a, b);
            let c = SizeLists.alloc(layout(48));
            assert_ne!(b, c);
            SizeLists.dealloc(b, layout(33));
            SizeLists.dealloc(c, layout(48));
        }
    }

    #[test]
    fn growth_keeps_the_content() {
        // SAFETY: as above; only bytes that were written are read.
        unsafe {
            let mut block = SizeLists.alloc(layout(8));
            block.cast::<u64>().write(0x0123_4567_89ab_cdef);
            let mut size = 8;
            for next in [16, 17, 500, 512, 513, 100_000, 40] {
                block = SizeLists.realloc(block, layout(size), next);
                size = next;
                assert_eq!(block.cast::<u64>().read(), 0x0123_4567_89ab_cdef);
            }
            SizeLists.dealloc(block, layout(size));
        }
    }
}
