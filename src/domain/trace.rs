//! Trace: every step of a computation leaves step · outcome · 依据 · inputs. The tree is the skeleton of 说理.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step and the steps inside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Stable id of the step, e.g. `limitation`.
    pub step: String,
    /// What came out, in Chinese, for a reviewer to read.
    pub outcome: String,
    /// The articles it rests on, e.g. `行政处罚法36`; empty only for arithmetic.
    #[serde(default)]
    pub basis: Vec<String>,
    #[serde(default)]
    pub inputs: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Trace>,
}

impl Trace {
    pub fn new(step: &str, outcome: impl Into<String>) -> Self {
        Self { step: step.into(), outcome: outcome.into(), ..Self::default() }
    }

    pub fn basis(mut self, basis: impl Into<String>) -> Self {
        self.basis.push(basis.into());
        self
    }

    pub fn input(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.inputs.insert(name.into(), value.into());
        self
    }

    pub fn child(mut self, child: Trace) -> Self {
        self.children.push(child);
        self
    }
}
