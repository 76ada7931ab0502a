using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Tests.Files;

/// <summary>What a guest's disk is told as: with what to do next, and without tricks for the terminal.</summary>
sealed class GuestAdviceTests
{
    [TestCase(GuestFileErrorCodes.NotFound, "ls")]
    [TestCase(GuestFileErrorCodes.Ambiguous, "VOLUME:/path")]
    [TestCase(GuestFileErrorCodes.NotAFile, "ls")]
    [TestCase(GuestFileErrorCodes.NotADirectory, "directory")]
    [TestCase(GuestFileErrorCodes.LinkLoop, "links")]
    [TestCase(GuestFileErrorCodes.Encrypted, "key")]
    [TestCase(GuestFileErrorCodes.Unsupported, "whole disk")]
    [TestCase(GuestFileErrorCodes.Deduplicated, "Windows Server")]
    [TestCase(GuestFileErrorCodes.CloudPlaceholder, "cloud")]
    [TestCase(GuestFileErrorCodes.Damaged, "older point")]
    public void A_failure_says_what_to_do_next(string code, string next) =>
        Assert.That(Expected.Failure(new GuestFileException(code, "/a", "It is so."), "vmproxy", "read"), Has.Property("Next").Contains(next));

    [Test]
    public void The_object_has_a_name_and_the_text_of_the_guest_stays_exact()
    {
        var failure = Expected.Failure(new GuestFileException(GuestFileErrorCodes.NotFound, "", "It has no \e[2J."), "p1:/", "read");
        Assert.That((failure!.Object, failure.Message), Is.EqualTo(("p1:/", "It has no \e[2J.")), "exact; the command line prints it harmlessly");
    }
}
