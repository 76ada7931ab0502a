namespace VmProxy.Vsphere.Tests.Session;

public sealed class PrivilegeTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Privileges_that_lack_are_named()
    {
        await using var lab = await Lab.StartAsync(options: options => options.MissingPrivileges = ["VirtualMachine.State.CreateSnapshot"]);
        var vm = await lab.VmAsync();
        var missing = await lab.Connection.Privileges.FindMissingAsync([vm.Id], Privileges.Backup, None);
        Assert.That(missing, Is.EqualTo(new[] { new MissingPrivilege(vm.Id, "VirtualMachine.State.CreateSnapshot") }));

        var refused = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(refused!.Code, Is.EqualTo(VsphereErrorCodes.NoPermission));
        Assert.That(refused.Message, Does.Contain("VirtualMachine.State.CreateSnapshot"));
    }

    [Test]
    public async Task A_user_who_may_everything_lacks_nothing()
    {
        await using var lab = await Lab.StartAsync();
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        Assert.That(await lab.Connection.Privileges.FindMissingAsync([inventory.VirtualMachines[0].Id], Privileges.Backup, None), Is.Empty);
        Assert.That(await lab.Connection.Privileges.FindMissingAsync([inventory.VirtualMachines[0].Id], Privileges.Proxy, None), Is.Empty);
        Assert.That(await lab.Connection.Privileges.FindMissingAsync([inventory.Datastores[0].Id], Privileges.Files, None), Is.Empty);
    }
}
