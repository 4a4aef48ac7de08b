//! The product from outside: see `golden`.
