//! The trie of all tokens, packed into one array (a double array without the second one: see
//! `Node` in `src/layout.rs`).

use std::cmp::Reverse;

use super::Result;
use crate::layout::{self, Node};

/// A node that is not placed yet.
#[derive(Default)]
struct Draft {
    token: Option<u32>,
    children: Vec<(u8, usize)>,
}

impl Draft {
    /// The edges to its children, including the one to the node's own token.
    fn edges(&self) -> Vec<u8> {
        let end = self.token.map(|_| Node::END);
        let mut edges: Vec<u8> = self.children.iter().map(|(byte, _)| *byte).chain(end).collect();
        edges.sort_unstable();
        edges
    }
}

/// Four bytes per node.
pub(crate) fn table(tokens: &[Vec<u8>]) -> Result<Vec<u8>> {
    let drafts = drafts(tokens)?;

    // Nodes with many children are placed first; the many with one child fill the gaps.
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.retain(|draft| !drafts[*draft].children.is_empty());
    order.sort_by_key(|draft| Reverse(drafts[*draft].edges().len()));
    let mut places = Places::default();
    let mut bases = vec![0; drafts.len()];
    for draft in &order {
        bases[*draft] = places.base_for(&drafts[*draft].edges())?;
    }
    if bases[0] != Node::ROOT {
        return Err("the root is not in its place".into());
    }

    let mut nodes = vec![Node::VACANT; places.taken.len()];
    for draft in order {
        let base = bases[draft];
        for (byte, number) in &drafts[draft].children {
            let child = &drafts[*number];
            nodes[layout::child(base, *byte)] = match child.token {
                Some(token) if child.children.is_empty() => Node::leaf(*byte, token),
                token => Node::inner(*byte, bases[*number], token.is_some()),
            };
        }
        if let Some(token) = drafts[draft].token {
            nodes[layout::child(base, Node::END)] = Node::leaf(Node::END, token);
        }
    }
    Ok(nodes.iter().flat_map(|node| node.0.to_le_bytes()).collect())
}

fn drafts(tokens: &[Vec<u8>]) -> Result<Vec<Draft>> {
    let mut drafts = vec![Draft::default()];
    for (bytes, token) in tokens.iter().zip(0..) {
        if bytes.iter().skip(1).any(|byte| *byte == Node::END) {
            return Err(format!("token {token} has the byte that marks the end of a token").into());
        }
        let mut at = 0;
        for byte in bytes {
            let known = drafts[at].children.iter().find(|(label, _)| label == byte);
            at = match known {
                Some((_, child)) => *child,
                None => {
                    let child = drafts.len();
                    drafts[at].children.push((*byte, child));
                    drafts.push(Draft::default());
                    child
                }
            };
        }
        drafts[at].token = Some(token);
    }
    Ok(drafts)
}

/// The used positions of the array.
#[derive(Default)]
struct Places {
    taken: Vec<bool>,
    /// The positions that are the base of a node.
    bases: Vec<bool>,
    /// For each position itself if it is free, else a later one with no free position before it.
    next: Vec<usize>,
    /// Where to look first, for the last requested number of edges.
    start: usize,
    edges: usize,
}

impl Places {
    /// The number of free positions to skip before leaving them to nodes with fewer edges.
    const TRIES: usize = 100;

    /// Finds a base that puts all these edges on free positions, and marks them as used.
    fn base_for(&mut self, edges: &[u8]) -> Result<u32> {
        let first = usize::from(*edges.first().ok_or("a node without edges")?);
        if edges.len() != self.edges {
            (self.start, self.edges) = (0, edges.len());
        }
        let mut place = self.free_from(self.start);
        let mut tries = 0;
        let base = loop {
            if place == self.taken.len() {
                self.add_block();
            }
            let base = place ^ first;
            if !self.bases[base] && edges.iter().all(|edge| !self.taken[base ^ usize::from(*edge)]) {
                break base;
            }
            place = self.free_from(place + 1);
            tries += 1;
            if tries == Places::TRIES {
                self.start = place;
            }
        };
        self.bases[base] = true;
        for edge in edges {
            let place = base ^ usize::from(*edge);
            self.taken[place] = true;
            self.next[place] = place + 1;
        }
        Ok(u32::try_from(base)?)
    }

    /// The first free position at or after this one, or the length of the array.
    fn free_from(&mut self, start: usize) -> usize {
        let mut place = start;
        while place < self.next.len() && self.next[place] != place {
            let next = self.next[place];
            self.next[place] = self.next.get(next).copied().unwrap_or(next);
            place = next;
        }
        place
    }

    /// Adds 256 positions: what the exclusive or with a byte can reach.
    fn add_block(&mut self) {
        let length = self.taken.len() + 256;
        self.next.extend(self.taken.len()..length);
        self.taken.resize(length, false);
        self.bases.resize(length, false);
    }
}
