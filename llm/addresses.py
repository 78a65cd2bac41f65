"""Which internet addresses belong to the public, and which to somebody's house."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

# IANA's special-purpose registries. Python's own `is_private` differs from one patch release to the next.
NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and the other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
PUBLIC_IPV6 = ip_network("2000::/3")
# What an administrator's own servers stand in: this machine, private networks, a provider's shared ones.
HOUSE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
# Machines of cloud providers that hand out credentials to whoever asks, and are not in 169.254.0.0/16.
METADATA = frozenset(map(ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")))
MAPPED = ip_network("::ffff:0:0/96")
NAT64 = ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet, itself and any IPv4 address that it carries."""
    address = carried(address)
    if address in METADATA or any(address in network for network in NOT_PUBLIC):
        return False
    return address.version == 4 or address in PUBLIC_IPV6


def is_in_house(address: Address) -> bool:
    """Tell whether an address is one that an administrator's own server may have."""
    address = carried(address)
    return address not in METADATA and any(address in network for network in HOUSE)


def carried(address: Address) -> Address:
    """Return the IPv4 address that a mapped or translated IPv6 address leads to, else the address itself."""
    if isinstance(address, IPv6Address) and (address in MAPPED or address in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
