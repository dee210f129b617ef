//! The acceptance suite stands in `tests/it`: it starts the real binary and real peers and sees the product only
//! from outside. This library is empty so that the suite is a package of its own.
