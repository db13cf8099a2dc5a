//! Where objects that may be part of a cycle stand: blocks of one size in chunks of their own, so that the collector finds every
//! object by walking the chunks, and an allocation has nothing to register.
//!
//! Knows nothing of objects but their [`Header`]. Invariants: a block in use begins with a header whose count is not 0 (or belongs
//! to an object that is just being made or dropped); a free block has the count 0 that its last object left, and the link of its
//! list in its second word; chunks are given back at the end of their thread alone, since a block that is freed serves the next of
//! its size.
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::ptr::{NonNull, null_mut};

use super::refs::Header;

/// Sizes are rounded up to this, which is also the alignment of every block.
const GRAIN: usize = 16;
const LISTS: usize = 32;
/// The largest block that stands in a chunk.
const SMALL: usize = GRAIN * LISTS;
/// What is asked of the system at a time.
const CHUNK: usize = 32 * 1024;
/// One of so many free blocks is kept in reserve.
const RESERVE: usize = 8;
/// So many bytes are in use before the first collection.
const FIRST_LIMIT: usize = 8 << 20;

/// Two areas, since suspended tasks may be many and are hardly ever garbage: [`Area::Plain`] can be walked without the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// Containers, instances, functions, classes.
    Plain,
    /// Generators and coroutines, futures, tasks and other native objects.
    Machines,
}

/// In front of the blocks of a chunk.
#[repr(C)]
struct Chunk {
    before: *mut Chunk,
    /// The size of its blocks.
    size: usize,
}

/// In front of a block that is too large for a chunk.
#[repr(C, align(16))]
struct Large {
    before: Cell<*mut Large>,
    after: Cell<*mut Large>,
    size: usize,
}

struct Blocks {
    free: [Cell<*mut u8>; LISTS],
    /// The last of the free blocks of each size: who comes to them asks for a collection, while there is still something to take.
    reserve: [Cell<*mut u8>; LISTS],
    /// The rest of the newest chunk of each size.
    next: [Cell<*mut u8>; LISTS],
    left: [Cell<usize>; LISTS],
    chunks: Cell<*mut Chunk>,
    large: Cell<*mut Large>,
    /// What chunks and large blocks take.
    bytes: Cell<usize>,
    /// So many bytes ask for a collection.
    limit: Cell<usize>,
    asks: Cell<Asks>,
}

/// Why an area wants a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asks {
    No,
    /// It has come to its limit.
    Full,
    /// What the last collection freed is in use again.
    UsedUp,
}

impl Blocks {
    const fn new() -> Blocks {
        Blocks {
            free: [const { Cell::new(null_mut()) }; LISTS],
            reserve: [const { Cell::new(null_mut()) }; LISTS],
            next: [const { Cell::new(null_mut()) }; LISTS],
            left: [const { Cell::new(0) }; LISTS],
            chunks: Cell::new(null_mut()),
            large: Cell::new(null_mut()),
            bytes: Cell::new(0),
            limit: Cell::new(FIRST_LIMIT),
            asks: Cell::new(Asks::No),
        }
    }

    #[inline(always)]
    fn take(&self, list: usize) -> *mut u8 {
        let head = self.free[list].get();
        if head.is_null() {
            return self.cut(list);
        }
        // SAFETY: by the file's invariant the block is ours and its second word is the link.
        self.free[list].set(unsafe { *head.cast::<*mut u8>().add(1) });
        head
    }

    #[inline(always)]
    fn give(&self, list: usize, block: *mut u8) {
        // SAFETY: every block has two words, and the caller is done with this one.
        unsafe { *block.cast::<*mut u8>().add(1) = self.free[list].get() };
        self.free[list].set(block);
    }

    #[inline(never)]
    fn cut(&self, list: usize) -> *mut u8 {
        let reserve = self.reserve[list].replace(null_mut());
        if !reserve.is_null() {
            self.ask_for_collection(Asks::UsedUp);
            // SAFETY: as in `take`.
            self.free[list].set(unsafe { *reserve.cast::<*mut u8>().add(1) });
            return reserve;
        }
        let size = (list + 1) * GRAIN;
        if self.left[list].get() < size && !self.extend(list, size) {
            return null_mut();
        }
        let block = self.next[list].get();
        // SAFETY: `left` says that `size` bytes from `next` on lie in the chunk.
        self.next[list].set(unsafe { block.add(size) });
        self.left[list].set(self.left[list].get() - size);
        block
    }

    /// A new chunk for blocks of a size; false when there is no memory.
    #[cold]
    fn extend(&self, list: usize, size: usize) -> bool {
        // At the end of the thread it may be gone already: then the chunk stays.
        let _ = AT_END.try_with(|_| ());
        let chunk = self.ask(CHUNK).cast::<Chunk>();
        if chunk.is_null() {
            return false;
        }
        // SAFETY: fresh, aligned to `GRAIN`, and larger than its head.
        unsafe {
            chunk.write(Chunk { before: self.chunks.replace(chunk), size });
            self.next[list].set(chunk.cast::<u8>().add(size_of::<Chunk>()));
        }
        self.left[list].set(CHUNK - size_of::<Chunk>());
        true
    }

    fn ask_for_collection(&self, why: Asks) {
        if self.asks.replace(why) == Asks::No {
            super::vm::hurry();
        }
    }

    /// Of each size of which many blocks are free, sets the last ones aside.
    fn set_reserve(&self) {
        for list in 0..LISTS {
            let link = |block: *mut u8| block.cast::<Cell<*mut u8>>().wrapping_add(1);
            let mut blocks = 0;
            let mut last = self.free[list].get();
            // SAFETY: as in `take`, all along the list.
            unsafe {
                while !last.is_null() {
                    last = (*link(last)).get();
                    blocks += 1;
                }
                if self.reserve[list].get().is_null() && blocks * (list + 1) * GRAIN >= 2 * CHUNK {
                    let mut block = self.free[list].get();
                    for _ in 1..blocks - blocks / RESERVE {
                        block = (*link(block)).get();
                    }
                    self.reserve[list].set((*link(block)).replace(null_mut()));
                }
            }
        }
    }

    /// Gives the chunks back, unless an object is left in one of the blocks.
    fn end(&self) {
        if self.each(|_, _| ControlFlow::Break(())).is_break() {
            return;
        }
        for list in 0..LISTS {
            self.free[list].set(null_mut());
            self.reserve[list].set(null_mut());
            self.left[list].set(0);
        }
        let mut chunk = self.chunks.replace(null_mut());
        // SAFETY: made by `extend`, each is in the list once, and no block of it is in use.
        while let Some(head) = unsafe { chunk.as_ref() } {
            let before = head.before;
            // SAFETY: as above; `ask` has used this layout.
            unsafe { std::alloc::dealloc(chunk.cast(), Layout::from_size_align_unchecked(CHUNK, GRAIN)) };
            self.bytes.set(self.bytes.get() - CHUNK);
            chunk = before;
        }
    }

    /// Memory of the system.
    fn ask(&self, size: usize) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(size, GRAIN) else { return null_mut() };
        self.bytes.set(self.bytes.get() + size);
        if self.bytes.get() >= self.limit.get() {
            self.ask_for_collection(Asks::Full);
        }
        // SAFETY: nobody asks for nothing.
        unsafe { std::alloc::alloc(layout) }
    }

    #[cold]
    fn take_large(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() + size_of::<Large>();
        let block = self.ask(size).cast::<Large>();
        if block.is_null() {
            return null_mut();
        }
        let after = self.large.replace(block);
        // SAFETY: fresh, and large enough for its head; `after` is the newest large block, which is alive.
        unsafe {
            block.write(Large { before: Cell::new(null_mut()), after: Cell::new(after), size });
            if let Some(after) = after.as_ref() {
                after.before.set(block);
            }
            block.add(1).cast()
        }
    }

    #[cold]
    fn give_large(&self, object: *mut u8) {
        // SAFETY: made by `take_large`, whose head stands in front; the links are those of living blocks.
        unsafe {
            let block = object.cast::<Large>().sub(1);
            let (before, after, size) = ((*block).before.get(), (*block).after.get(), (*block).size);
            match before.as_ref() {
                Some(before) => before.after.set(after),
                None => self.large.set(after),
            }
            if let Some(after) = after.as_ref() {
                after.before.set(before);
            }
            self.bytes.set(self.bytes.get() - size);
            // `take_large` has used the same layout.
            std::alloc::dealloc(block.cast(), Layout::from_size_align_unchecked(size, GRAIN));
        }
    }

    fn each(&self, mut look: impl FnMut(NonNull<Header>, usize) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut chunk = self.chunks.get();
        // SAFETY: by the file's invariants every block up to where the chunk is cut begins with a header.
        while let Some(head) = unsafe { chunk.as_ref() } {
            let start = chunk.cast::<u8>().wrapping_add(size_of::<Chunk>());
            let list = head.size / GRAIN - 1;
            let end = chunk.cast::<u8>().wrapping_add(CHUNK);
            let newest = self.next[list].get();
            let end = if (start..=end).contains(&newest) { newest } else { end };
            let mut block = start;
            while block as usize + head.size <= end as usize {
                // SAFETY: as above.
                let header = unsafe { NonNull::new_unchecked(block.cast::<Header>()) };
                // SAFETY: as above.
                if unsafe { header.as_ref() }.count() > 0 {
                    look(header, head.size)?;
                }
                block = block.wrapping_add(head.size);
            }
            chunk = head.before;
        }
        let mut large = self.large.get();
        // SAFETY: the list holds living blocks.
        while let Some(head) = unsafe { large.as_ref() } {
            // SAFETY: an object stands behind the head.
            let header = unsafe { NonNull::new_unchecked(large.add(1).cast::<Header>()) };
            // SAFETY: as above.
            if unsafe { header.as_ref() }.count() > 0 {
                look(header, head.size)?;
            }
            large = head.after.get();
        }
        ControlFlow::Continue(())
    }
}

/// Ends the areas with their thread.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        AREAS.with(|areas| areas.iter().for_each(Blocks::end));
    }
}

thread_local! {
    // Without a destructor, so that a look at it is one instruction.
    static AREAS: [Blocks; 2] = const { [Blocks::new(), Blocks::new()] };
    static AT_END: AtEnd = const { AtEnd };
}

/// The list for a layout, if it is small.
#[inline(always)]
fn list_of(layout: Layout) -> Option<usize> {
    (layout.size() <= SMALL).then(|| (layout.size() - 1) / GRAIN)
}

/// A block for an object; null when there is no memory. The layout is not empty and not aligned to more than 16 bytes.
#[inline(always)]
pub fn alloc(area: Area, layout: Layout) -> *mut u8 {
    AREAS.with(|areas| match list_of(layout) {
        Some(list) => areas[area as usize].take(list),
        None => areas[area as usize].take_large(layout),
    })
}

/// Takes a block back.
///
/// # Safety
/// `block` was given by [`alloc`] for this area and layout, its header's count is 0, and nobody uses it any more.
#[inline(always)]
pub unsafe fn dealloc(area: Area, block: *mut u8, layout: Layout) {
    AREAS.with(|areas| match list_of(layout) {
        Some(list) => areas[area as usize].give(list, block),
        None => areas[area as usize].give_large(block),
    });
}

/// Shows every object of an area, with its size. `look` must neither make nor drop objects.
pub fn each(area: Area, mut look: impl FnMut(NonNull<Header>, usize)) {
    let _ = AREAS.with(|areas| {
        areas[area as usize].each(|header, size| {
            look(header, size);
            ControlFlow::Continue(())
        })
    });
}

/// How many bytes an area has taken.
pub fn bytes(area: Area) -> usize {
    AREAS.with(|areas| areas[area as usize].bytes.get())
}

/// Whether an area wants a collection, and why.
pub fn asks(area: Area) -> Asks {
    AREAS.with(|areas| areas[area as usize].asks.get())
}

/// Sets how many bytes an area may take before it asks for a collection.
pub fn set_limit(area: Area, limit: usize) {
    AREAS.with(|areas| {
        areas[area as usize].limit.set(limit.max(FIRST_LIMIT));
        areas[area as usize].asks.set(Asks::No);
    });
}

/// An area asks for a collection already when most of what is free in it is in use.
pub fn set_reserve(area: Area) {
    AREAS.with(|areas| areas[area as usize].set_reserve());
}

#[cfg(test)]
mod tests {
    use super::super::{List, Ref, Tuple, Value};
    use super::*;

    fn in_use() -> usize {
        let mut count = 0;
        each(Area::Plain, |_, _| count += 1);
        count
    }

    fn on_a_thread(work: impl FnOnce() + Send + 'static) {
        std::thread::spawn(work).join().expect("no assertion failed");
    }

    #[test]
    fn objects_are_found_small_and_large() {
        on_a_thread(|| {
            let lists: Vec<Ref<List>> = (0..3000).map(|_| List::new(Vec::new())).collect();
            let large = Tuple::new(vec![Value::Int(1); 100]);
            assert_eq!(in_use(), 3001);
            drop(lists);
            assert_eq!(in_use(), 1);
            let taken = bytes(Area::Plain);
            let again: Vec<Ref<List>> = (0..3000).map(|_| List::new(Vec::new())).collect();
            assert_eq!((in_use(), bytes(Area::Plain)), (3001, taken), "blocks serve again");
            drop((again, large));
            assert_eq!(in_use(), 0);
        });
    }

    #[test]
    fn what_was_freed_is_used_up_before_new_chunks_are_needed() {
        on_a_thread(|| {
            let many = || (0..20_000).map(|_| List::new(Vec::new()));
            drop(many().collect::<Vec<_>>());
            let taken = bytes(Area::Plain);
            set_reserve(Area::Plain);
            let half: Vec<Ref<List>> = many().take(10_000).collect();
            assert_eq!(asks(Area::Plain), Asks::No);
            let rest: Vec<Ref<List>> = many().take(10_000).collect();
            assert_eq!((asks(Area::Plain), bytes(Area::Plain)), (Asks::UsedUp, taken));
            set_limit(Area::Plain, 0);
            assert_eq!(asks(Area::Plain), Asks::No);
            drop((half, rest));
        });
    }

    #[test]
    fn a_thread_that_leaves_nothing_gives_its_chunks_back() {
        on_a_thread(|| {
            let lists: Vec<Ref<List>> = (0..3000).map(|_| List::new(Vec::new())).collect();
            let kept = lists[0].clone();
            drop(lists);
            AREAS.with(|areas| areas.iter().for_each(Blocks::end));
            assert_eq!(in_use(), 1, "one is left: nothing may go");
            drop(kept);
            AREAS.with(|areas| areas.iter().for_each(Blocks::end));
            AREAS.with(|areas| assert!(areas[Area::Plain as usize].chunks.get().is_null()));
            drop(List::new(Vec::new()));
        });
    }
}
