using VmProxy.Vsphere;

namespace VmProxy.Transports.Tests;

sealed class HostAddressesTests
{
    static readonly HostAddresses Addresses = new(
    [
        KeyValuePair.Create("esx1.example.com", "10.20.0.1"), KeyValuePair.Create("esx2.example.com", "fd00::2"), KeyValuePair.Create("10.0.0.3", "esx3-backup.example.com"),
    ]);

    [TestCase("esx1.example.com", "10.20.0.1", true)]
    [TestCase("ESX1.Example.COM", "10.20.0.1", true)]
    [TestCase("esx2.example.com", "fd00::2", true)]
    [TestCase("10.0.0.3", "esx3-backup.example.com", true)]
    [TestCase("esx4.example.com", "esx4.example.com", false)]
    public void A_host_is_reached_at_its_address_on_the_backup_network_and_else_by_its_name(string name, string address, bool configured)
        => Assert.That(Addresses.Of(Host(name)), Is.EqualTo(new HostEndpoint(address, name, configured)));

    [TestCase("https://esx1.example.com/nfc/52f3/disk-0.vmdk?x=1", "https://10.20.0.1/nfc/52f3/disk-0.vmdk?x=1")]
    [TestCase("https://esx2.example.com:8443/folder/a%20b.vmx", "https://[fd00::2]:8443/folder/a%20b.vmx")]
    [TestCase("https://10.0.0.3/", "https://esx3-backup.example.com/")]
    [TestCase("https://esx4.example.com/x", "https://esx4.example.com/x")]
    public void A_url_to_a_host_leads_there_too(string url, string expected)
        => Assert.That(Addresses.Of(new Uri(url)).AbsoluteUri, Is.EqualTo(expected));

    [Test]
    public void A_name_that_no_host_has_is_told()
        => Assert.That(Addresses.WithoutHost([Host("ESX2.example.com"), Host("10.0.0.3")]), Is.EqualTo(new[] { "esx1.example.com" }));

    static Host Host(string name) => new() { Id = new ObjectId("HostSystem", "host-1"), Name = name };
}
