using CsCheck;

namespace VmProxy.Catalog.Tests;

sealed class OwnershipMarkTests
{
    static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    static readonly OwnershipMark Mark = new("aabbccdd00112233", Secret);

    [Test]
    public void Our_mark_verifies_for_its_vm_whatever_stands_around_it()
    {
        var text = Mark.Create("20261122T231505Z-abcdef", "VC-1", "vm-1");
        Assert.That(Mark.Verify(text, "vc-1", "VM-1"), Is.EqualTo(new OwnershipVerdict(Ownership.Ours, "20261122T231505Z-abcdef")));
        Assert.That(Mark.Verify($"note by admin\n{text} keep?", "vc-1", "vm-1").Ownership, Is.EqualTo(Ownership.Ours));
    }

    [Test]
    public void A_mark_copied_to_another_vm_or_vcenter_proves_nothing()
    {
        var text = Mark.Create("run-1", "vc-1", "vm-1");
        Assert.That(Mark.Verify(text, "vc-1", "vm-2"), Is.EqualTo(new OwnershipVerdict(Ownership.NotProven, "run-1")));
        Assert.That(Mark.Verify(text, "vc-2", "vm-1").Ownership, Is.EqualTo(Ownership.NotProven));
        Assert.That(Mark.Verify(text.Replace("run-1", "run-2", StringComparison.Ordinal), "vc-1", "vm-1").Ownership, Is.EqualTo(Ownership.NotProven));
    }

    [Test]
    public void Another_installation_is_told_apart_and_a_stolen_id_is_not_enough()
    {
        var other = new OwnershipMark("ffffffffffffffff", Secret);
        var impostor = new OwnershipMark("aabbccdd00112233", [.. Secret.Reverse()]);
        Assert.That(Mark.Verify(other.Create("run-1", "vc", "vm"), "vc", "vm").Ownership, Is.EqualTo(Ownership.OtherInstallation));
        Assert.That(Mark.Verify(impostor.Create("run-1", "vc", "vm"), "vc", "vm").Ownership, Is.EqualTo(Ownership.NotProven));
    }

    [Test]
    public void Foreign_text_is_not_marked([Values(null, "", "nightly", "[vmproxy 1]", "[vmproxy 1 a b c]", "[vmproxy 2 a b 00112233445566778899aabbccddeeff]")] string? text) =>
        Assert.That(Mark.Verify(text, "vc", "vm").Ownership, Is.EqualTo(Ownership.NotMarked));

    [Test]
    public void Changing_any_character_of_the_mark_breaks_it()
    {
        var text = Mark.Create("run-1", "vc", "vm");
        var start = text.IndexOf('[', StringComparison.Ordinal);
        Gen.Select(Gen.Int[start, text.Length - 1], Gen.Char['!', '~']).Sample((position, character) =>
        {
            if (text[position] == character)
            {
                return true;
            }

            var changed = text[..position] + character + text[(position + 1)..];
            return Mark.Verify(changed, "vc", "vm").Ownership != Ownership.Ours;
        });
    }
}
