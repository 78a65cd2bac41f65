"""Which addresses are inner ones, which are of the house, and which are public."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.addresses import is_in_house, is_public

PUBLIC = "93.184.216.34"
INNER = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.7",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OUTER = [PUBLIC, "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:2800:220:1::1", "::ffff:1.1.1.1"]
OUTER += ["64:ff9b::101:101"]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTER)
def test_a_public_address_is_public_and_not_in_the_house(address):
    assert is_public(ip_address(address))
    assert not is_in_house(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.5", "100.64.0.9", "::1", "fd12::1"])
def test_the_houses_addresses_are_known(address):
    assert is_in_house(ip_address(address))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1", "224.0.0.1", "0.0.0.0", "::"]
)
def test_not_even_an_administrator_reaches_metadata_or_a_group(address):
    assert not is_in_house(ip_address(address))


@given(st.ip_addresses(v=4))
def test_ipv6_around_an_ipv4_address_is_no_way_around(address):
    number = int(address)
    carriers = [ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96")]
    assert {is_public(network[number]) for network in carriers} == {is_public(address)}
    assert not is_public(ip_network("::/96")[number])
    assert not is_public(ip_address((0x2002 << 112) | (number << 80)))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address):
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        carried = getattr(address, "ipv4_mapped", None)
        assert not is_public(address) or (carried and is_public(carried))
