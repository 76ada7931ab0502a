using VmProxy.Engine.Selection;

namespace VmProxy.Engine.Tests.Selection;

/// <summary>Which VMs an entry chooses.</summary>
sealed class SelectionTests
{
    static readonly VmFacts Vm = new()
    {
        Name = "web01",
        Datacenter = "Europe/DC1",
        Folder = "Production/Web servers",
        Cluster = "Cluster A",
        Tags = ["Backup/Nightly", "Owner/Team (web)"],
        Attributes = new Dictionary<string, string> { ["Backup"] = "yes", ["Room"] = "12" },
    };

    [TestCase("web*", true)]
    [TestCase("WEB0?", true)]
    [TestCase("db*", false)]
    [TestCase("name:web01", true)]
    [TestCase("folder:Production", true)]
    [TestCase("folder:production/web*", true)]
    [TestCase("folder:Web servers", false)]
    [TestCase("folder:Prod", false)]
    [TestCase("folder:/Europe/DC1", true)]
    [TestCase("folder:/Europe/DC1/Production", true)]
    [TestCase("folder:/Europe/DC2/Production", false)]
    [TestCase("cluster:Cluster A", true)]
    [TestCase("cluster:*B", false)]
    [TestCase("tag:Backup/Nightly", true)]
    [TestCase("tag:nightly", true)]
    [TestCase("tag:Backup/*", true)]
    [TestCase("tag:Owner/Nightly", false)]
    [TestCase("tag:Backup", false)]
    [TestCase("tag:Team (web)", true)]
    [TestCase("attribute:Backup=yes", true)]
    [TestCase("attribute:backup", true)]
    [TestCase("attribute:Backup=no", false)]
    [TestCase("attribute:Backup=*", true)]
    [TestCase("attribute:Owner", false)]
    [TestCase(" Tag :Nightly", false)]
    public void An_entry_chooses_by_its_kind(string entry, bool chosen)
        => Assert.That(SelectionRule.Of(entry).Fits(Vm), Is.EqualTo(chosen));

    [Test]
    public void A_vm_without_a_cluster_or_a_tag_is_in_none()
    {
        var bare = new VmFacts { Name = "bare" };
        Assert.That(new[] { "cluster:*", "tag:*", "attribute:*", "folder:Production" }.Where(entry => SelectionRule.Of(entry).Fits(bare)), Is.Empty);
    }

    [Test]
    public void What_is_excluded_is_not_selected_whatever_selects_it()
    {
        var selection = new VmSelection(["folder:Production", "gone"], ["tag:Nightly"]);
        Assert.That((selection.Selects(Vm), selection.Excludes(Vm), selection.Selects(Vm with { Tags = [] })), Is.EqualTo((false, true, true)));
        Assert.That((selection.AsksFor(SelectionKind.Tag), selection.AsksFor(SelectionKind.Attribute)), Is.EqualTo((true, false)));
        Assert.That(selection.WithoutMatch([Vm]), Is.EqualTo(new[] { "gone" }));
    }

    [TestCase("tags:Nightly", "'tags:'")]
    [TestCase("host:esx1", "'host:'")]
    [TestCase("tag:", "nothing after the colon")]
    [TestCase("folder: ", "nothing after the colon")]
    public void A_kind_that_does_not_exist_or_says_nothing_is_refused(string entry, string why)
        => Assert.That(SelectionRule.Problem(entry), Does.Contain(why).And.Contain("folder:PATH"));

    [TestCase("web01")]
    [TestCase("name:C: drive")]
    [TestCase("vm 1:2")]
    [TestCase(":odd")]
    public void A_name_is_a_name(string entry) => Assert.That(SelectionRule.Problem(entry), Is.Null);
}
