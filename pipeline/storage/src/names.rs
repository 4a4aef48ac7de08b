//! How names of hosts become addresses: by the system's C library, or without it.
//!
//! A program that holds its C library in itself must not ask it for names: it would load modules of
//! whatever C library the machine has, and die of the difference.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use object_store::client::{DnsFuture as StoreDnsFuture, DnsResolver};

static WITHOUT_LIBRARY: AtomicBool = AtomicBool::new(false);

/// Resolves names of hosts without the C library from now on, by `/etc/hosts` and the name servers
/// of `/etc/resolv.conf`. To be called before anything is reached.
pub fn resolve_names_without_c_library() {
    WITHOUT_LIBRARY.store(true, Ordering::Relaxed);
}

/// What resolves names where the C library may not.
pub fn resolver() -> Option<Resolver> {
    WITHOUT_LIBRARY.load(Ordering::Relaxed).then_some(Resolver)
}

/// Resolves names without the C library.
#[derive(Debug, Clone, Copy)]
pub struct Resolver;

impl Resolver {
    /// The addresses of a host, another one first each time, as each may be a server of its own.
    ///
    /// # Errors
    /// No name server answers, or none knows the host.
    pub async fn addresses(self, name: &str) -> Result<Vec<IpAddr>, NetError> {
        static TURN: AtomicUsize = AtomicUsize::new(0);
        let found = shared()?.lookup_ip(name).await?;
        let (mut addresses, others): (Vec<_>, Vec<_>) = found.iter().partition(IpAddr::is_ipv4);
        let turn = TURN.fetch_add(1, Ordering::Relaxed) % addresses.len().max(1);
        addresses.rotate_left(turn);
        addresses.extend(others);
        Ok(addresses)
    }
}

impl DnsResolver for Resolver {
    fn resolve(&self, host: &str) -> StoreDnsFuture {
        let (resolver, host) = (*self, host.to_owned());
        Box::pin(async move { Ok(resolver.addresses(&host).await?) })
    }
}

/// The resolver of the process, which remembers answers as long as they hold.
fn shared() -> Result<&'static TokioResolver, NetError> {
    static SHARED: OnceLock<TokioResolver> = OnceLock::new();
    if let Some(resolver) = SHARED.get() {
        return Ok(resolver);
    }
    let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|_| {
        // What the C library does where no name server is named.
        let here = NameServerConfig::udp_and_tcp(Ipv4Addr::LOCALHOST.into());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![here]);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    });
    builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    let resolver = builder.build()?;
    Ok(SHARED.get_or_init(|| resolver))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime;

    #[test]
    fn names_of_this_machine_need_no_name_server() {
        let found = runtime()
            .unwrap()
            .block_on(Resolver.addresses("localhost"))
            .unwrap();
        assert!(
            !found.is_empty() && found.iter().all(IpAddr::is_loopback),
            "{found:?}"
        );
        assert!(found[0].is_ipv4(), "{found:?}");
    }

    #[test]
    fn the_c_library_resolves_names_unless_it_is_told_otherwise() {
        assert!(resolver().is_none());
    }
}
