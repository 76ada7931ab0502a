using System.Text;
using static VmProxy.Vim25.Tests.Xml;

namespace VmProxy.Vim25.Tests;

/// <summary>Answers and faults in their envelope.</summary>
public class SoapEnvelopeTests
{
    [Test]
    public void EachResultIsHandedOver() =>
        Assert.That(Read(Answer("QueryEvents", "<returnval xsi:type=\"EventEx\"><key>1</key></returnval><other/><returnval><key>2</key></returnval>"), "QueryEvents"), Has.Count.EqualTo(2));

    [Test]
    public void AnEmptyAnswerHasNoResult() => Assert.That(Read(Answer("FindByUuid", ""), "FindByUuid"), Is.Empty);

    [TestCase("<html><body>Not found</body></html>", TestName = "A page")]
    [TestCase("", TestName = "Nothing")]
    [TestCase("<a xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"/>", TestName = "No envelope")]
    [TestCase("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Header/></Envelope>", TestName = "No body")]
    [TestCase("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body/></Envelope>", TestName = "An empty body")]
    [TestCase("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><OtherResponse/></Body></Envelope>", TestName = "Another operation")]
    [TestCase("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><LogoutResponse>", TestName = "A cut answer")]
    [TestCase("<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>", TestName = "A document type")]
    public void WhatIsNoAnswerIsAFormatError(string text)
    {
        var problem = Assert.Throws<VimFormatException>(() => Read(Encoding.UTF8.GetBytes(text), "Logout"));

        Assert.That(problem.Operation, Is.EqualTo("Logout"));
    }

    [Test]
    public void ControlCharactersInNamesCostNothing()
    {
        var read = Read(Answer("QueryEvents", "<returnval><userName>a&#x1;b</userName></returnval>"), "QueryEvents");

        Assert.That((read.Single() as Event)?.UserName, Is.EqualTo("a\u0001b"));
        var request = new FindChildRequest { This = new("SearchIndex", "s"), Entity = new("Folder", "f"), Name = "a\u0001b" };
        Assert.That(Encoding.UTF8.GetString(SoapEnvelope.Write(request)), Does.Contain("a&#x1;b"));
    }

    [Test]
    public void AFaultIsThrownWithItsType()
    {
        var fault = ReadFault("No room.", "<detail><NoDiskSpaceFault xmlns=\"urn:vim25\" xsi:type=\"NoDiskSpace\"><file>[ds] a</file><datastore>ds</datastore></NoDiskSpaceFault></detail>");

        Assert.That((fault.FaultType, fault.FaultMessage, fault.Operation, fault.Code), Is.EqualTo(("NoDiskSpace", "No room.", "Login", VimErrorCodes.Fault)));
        Assert.That((fault.Fault as NoDiskSpace)?.Datastore, Is.EqualTo("ds"));
        Assert.That(fault.Message, Does.Contain("Login").And.Contain("NoDiskSpace").And.Contain("No room."));
    }

    [Test]
    public void AnUnknownFaultKeepsItsName()
    {
        var fault = ReadFault("Too new.", """
            <detail><ShinyFault xmlns="urn:vim25" xsi:type="Shiny"><faultCause><fault xsi:type="NotAuthenticated"><object type="Folder">f</object><privilegeId>p</privilegeId></fault></faultCause><gloss>1</gloss></ShinyFault></detail>
            """);

        Assert.That((fault.FaultType, fault.Fault?.UnknownTypeName, fault.Fault?.TypeName), Is.EqualTo(("Shiny", "Shiny", "MethodFault")));
        Assert.That(fault.Fault?.FaultCause?.Fault, Is.InstanceOf<NotAuthenticated>());
        Assert.That(fault.Raw?.ToString(), Does.Contain("gloss"));
    }

    [Test]
    public void UnknownXmlThatIsKeptIsBoundedInDepth()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 50_000)) + string.Concat(Enumerable.Repeat("</a>", 50_000));

        Assert.Throws<VimFormatException>(() => Read(Answer("QueryEvents", $"<returnval xsi:type=\"Newer\">{deep}</returnval>"), "QueryEvents"));
        Assert.Throws<VimFormatException>(() => Read(Fault("x", $"<detail>{deep}</detail>"), "QueryEvents"));
        Assert.That(Read(Answer("QueryEvents", $"<returnval><newer>{deep}</newer><key>7</key></returnval>"), "QueryEvents"), Has.Count.EqualTo(1));
    }

    [TestCase("<detail><InvalidLoginFault xmlns=\"urn:vim25\"/></detail>", "InvalidLogin")]
    [TestCase("<detail/>", "ServerFaultCode")]
    [TestCase("", "ServerFaultCode")]
    public void AFaultWithoutATypeIsNamedByWhatThereIs(string detail, string type) => Assert.That(ReadFault("x", detail).FaultType, Is.EqualTo(type));

    [Test]
    public void FaultsInsideResultsAreValues()
    {
        var info = VimXml.Read<TaskInfo>(Element("""
            <info><state>error</state><error><fault xsi:type="SnapshotFault"><faultMessage><key>k</key></faultMessage></fault><localizedMessage>Quiescing failed.</localizedMessage></error></info>
            """));

        Assert.That(info.Error?.Fault, Is.InstanceOf<SnapshotFault>());
        Assert.That((info.Error?.LocalizedMessage, info.State), Is.EqualTo(("Quiescing failed.", TaskInfoState.Error)));
    }

    private static List<object> Read(byte[] answer, string operation)
    {
        var results = new List<object>();
        SoapEnvelope.Read(new MemoryStream(answer), operation, reader => results.Add(reader.Object<Event>("Event")));
        return results;
    }

    private static VimFaultException ReadFault(string message, string detail) =>
        Assert.Throws<VimFaultException>(() => Read(Fault(message, detail), "Login"))!;
}
