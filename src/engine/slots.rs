//! Which sequence sits in which cache of the model, and which beginnings are kept for the next request.

use crate::models::LanguageModel;

/// What all caches together may take.
const CACHE_BYTES: usize = 512 << 20;

#[derive(Clone, Default)]
struct Slot {
    /// Token ids whose keys and values are held.
    held: Vec<u32>,
    busy: bool,
    /// Clock of the last use.
    used: u64,
}

/// The model's slots.
pub struct Slots {
    slots: Vec<Slot>,
    clock: u64,
}

impl Slots {
    pub fn new(count: usize) -> Self {
        Self { slots: vec![Slot::default(); count], clock: 0 }
    }

    /// A slot for `prompt` and how many of its tokens are already there: at most all but the last, whose logits are needed.
    /// The longest beginning that any slot holds is reused: in place when the rest of that slot is worth little, else as a
    /// copy. `None` when every slot is busy.
    pub fn take(&mut self, prompt: &[u32], model: &mut dyn LanguageModel) -> Option<(usize, usize)> {
        let shared = |slot: &Slot| {
            let common = slot.held.iter().zip(prompt).take_while(|(a, b)| a == b).count();
            common.min(prompt.len().saturating_sub(1))
        };
        let (source, common) = self
            .slots
            .iter()
            .map(shared)
            .enumerate()
            .max_by_key(|(i, n)| (*n, !self.slots[*i].busy, usize::MAX - i))?;
        let best = &self.slots[source];
        let in_place = !best.busy && best.held.len() - common <= common;
        let target = if in_place {
            source
        } else {
            let idle = (0..self.slots.len()).filter(|i| !self.slots[*i].busy);
            idle.min_by_key(|i| (!self.slots[*i].held.is_empty(), self.slots[*i].used))?
        };
        let kept = if target == source {
            model.keep(target, common)
        } else if common > 0 {
            model.copy(source, target, common);
            common
        } else {
            model.keep(target, 0)
        };
        self.clock += 1;
        self.slots[target] = Slot { held: prompt[..kept].to_vec(), busy: true, used: self.clock };
        self.shrink(model);
        Some((target, kept))
    }

    /// The sequence in `slot` is over; what it read stays for those that begin alike.
    pub fn release(&mut self, slot: usize, held: &[u32]) {
        self.clock += 1;
        self.slots[slot] = Slot { held: held.to_vec(), busy: false, used: self.clock };
    }

    /// Notes what a busy slot holds, so that others can copy its beginning.
    pub fn note(&mut self, slot: usize, held: &[u32]) {
        let known = self.slots[slot].held.len().min(held.len());
        self.slots[slot].held.truncate(known);
        self.slots[slot].held.extend_from_slice(&held[known..]);
    }

    /// Forgets idle slots, the longest unused first, until all fit into memory again.
    fn shrink(&mut self, model: &mut dyn LanguageModel) {
        let size = model.position_bytes();
        let bytes = |slots: &[Slot]| slots.iter().map(|s| s.held.len()).sum::<usize>() * size;
        while bytes(&self.slots) > CACHE_BYTES {
            let idle = (0..self.slots.len()).filter(|i| !self.slots[*i].busy && !self.slots[*i].held.is_empty());
            let Some(oldest) = idle.min_by_key(|i| self.slots[*i].used) else { return };
            model.keep(oldest, 0);
            self.slots[oldest].held.clear();
        }
    }

    /// Forgets everything that no sequence uses.
    pub fn clear(&mut self, model: &mut dyn LanguageModel) {
        for (i, slot) in self.slots.iter_mut().enumerate().filter(|(_, s)| !s.busy) {
            model.keep(i, 0);
            slot.held.clear();
        }
    }
}
