//! What an agent answered, looked up the way profiles think: scalars by number, columns by row.

use std::collections::{BTreeMap, BTreeSet};

use argos_snmp::{Oid, Value, VarBind};

/// Variables by name, without those that do not exist.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<Oid, Value>);

impl FromIterator<VarBind> for Answers {
    fn from_iter<I: IntoIterator<Item = VarBind>>(bindings: I) -> Self {
        Self(bindings.into_iter().filter(|binding| !binding.value.is_absent()).map(|binding| (binding.oid, binding.value)).collect())
    }
}

impl Answers {
    /// Adds variables.
    pub fn extend(&mut self, bindings: impl IntoIterator<Item = VarBind>) {
        self.0.extend(Self::from_iter(bindings).0);
    }

    /// Takes a variable in place of what was known of it.
    pub(crate) fn put(&mut self, binding: VarBind) {
        if binding.value.is_absent() {
            self.0.remove(&binding.oid);
        } else {
            self.0.insert(binding.oid, binding.value);
        }
    }

    /// Forgets a variable.
    pub(crate) fn remove(&mut self, oid: &Oid) {
        self.0.remove(oid);
    }

    /// Forgets everything below a node.
    pub(crate) fn remove_below(&mut self, root: &Oid) {
        self.0.retain(|oid, _| !oid.is_under(root.components()));
    }

    /// The variable itself.
    #[must_use]
    pub fn value(&self, base: &[u32], tail: &[u32]) -> Option<&Value> {
        self.0.get(&Oid::joined(base, tail))
    }

    /// A number times `scale`; the markers for "no value" (−1 and 2³¹−1) are none.
    pub(crate) fn number(&self, base: &[u32], tail: &[u32], scale: f64) -> Option<f64> {
        let value = self.value(base, tail)?.as_f64()?;
        let marker = (value + 1.0).abs() < f64::EPSILON || (value - f64::from(i32::MAX)).abs() < 0.5;
        // Dividing by the whole number keeps 2314 tenths at 231.4.
        (!marker).then(|| if scale < 1.0 { value / (1.0 / scale).round() } else { value * scale })
    }

    pub(crate) fn int(&self, base: &[u32], tail: &[u32]) -> Option<i64> {
        self.value(base, tail)?.as_i64()
    }

    pub(crate) fn text(&self, base: &[u32], tail: &[u32]) -> Option<String> {
        self.value(base, tail)?.as_text()
    }

    /// The rows that any of the columns has, in order.
    pub(crate) fn rows(&self, base: &[u32], columns: &[&[u32]]) -> Vec<Vec<u32>> {
        let mut rows = BTreeSet::new();
        for column in columns {
            let root = Oid::joined(base, column);
            let cells = self.0.range(root.clone()..).map_while(|(oid, _)| oid.index_under(root.components()));
            rows.extend(cells.filter(|row| !row.is_empty()).map(<[u32]>::to_vec));
        }
        rows.into_iter().collect()
    }

    /// A cell as number.
    pub(crate) fn cell(&self, base: &[u32], column: &[u32], row: &[u32], scale: f64) -> Option<f64> {
        self.number(base, &[column, row].concat(), scale)
    }

    /// A cell as enumeration.
    pub(crate) fn cell_int(&self, base: &[u32], column: &[u32], row: &[u32]) -> Option<i64> {
        self.int(base, &[column, row].concat())
    }

    /// A cell as text.
    pub(crate) fn cell_text(&self, base: &[u32], column: &[u32], row: &[u32]) -> Option<String> {
        self.text(base, &[column, row].concat())
    }

    /// All numbers of a column.
    pub(crate) fn column(&self, base: &[u32], column: &[u32], scale: f64) -> Vec<Option<f64>> {
        self.rows(base, &[column]).iter().map(|row| self.cell(base, column, row, scale)).collect()
    }
}

/// A row index as text.
pub(crate) fn dotted(row: &[u32]) -> String {
    row.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}
