using System.Globalization;
using System.Xml.Linq;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Reports;
using VmProxy.Engine.Tests.Capacity;

namespace VmProxy.Engine.Tests.Reports;

sealed class ReportFormTests
{
    const string Hostile = "<script>alert('1')</script>&\"";

    [Test]
    public void A_page_is_well_formed_whatever_names_it_holds_and_escapes_them()
    {
        var html = CapacityHtml.Write(Report(Row(Hostile, 60, day => 300 + (2 * day)), Row("=cmd", 2, _ => 995), Row("empty", 0, _ => 0)), new GuardSettings());
        Assert.That(html, Does.Not.Contain("<script").And.Not.Contain("alert('1')"));
        Assert.That(html, Does.Contain("&lt;script&gt;").And.Contain("Full on 2027-09-13").And.Contain("Too few days to tell: 2 of 7"));
        Assert.That(html, Does.Contain("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""), "and a browser would ask for nothing else");
        Assert.That(html, Does.Not.Contain("http:").And.Not.Contain("https:").And.Not.Contain("url("), "it needs nothing else");

        // Every element is closed, so it reads as XML once the few void elements of the head are.
        var text = html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal);
        foreach (var line in text.Split('\n').Where(line => line.StartsWith("<meta", StringComparison.Ordinal)))
        {
            text = text.Replace(line, "", StringComparison.Ordinal);
        }

        var page = XDocument.Parse(text);
        Assert.That(page.Descendants("svg").Count(), Is.EqualTo(3));
        Assert.That(page.Descendants("path").Count(path => path.Attribute("class")!.Value == "band"), Is.EqualTo(1), "the forecast of the one that fills");
    }

    [TestCase(2)]
    [TestCase(14)]
    [TestCase(60)]
    public void No_label_of_a_plot_is_cut_off_at_its_edge(int days)
    {
        var html = CapacityHtml.Write(Report(Row("ds", days, day => 300 + (2 * day))), new GuardSettings());
        var plot = XElement.Parse(html[html.IndexOf("<svg", StringComparison.Ordinal)..(html.IndexOf("</svg>", StringComparison.Ordinal) + "</svg>".Length)]);
        var width = double.Parse(plot.Attribute("viewBox")!.Value.Split(' ')[2], CultureInfo.InvariantCulture);
        // Of days, below the plot. A letter of the class "tick" is about 6 wide.
        var labels = plot.Elements("text").Where(text => text.Attribute("y")!.Value == "213").ToArray();
        Assert.That(labels, Has.Length.GreaterThan(2));
        foreach (var label in labels)
        {
            var length = 6 * label.Value.Length * (label.Attribute("text-anchor")!.Value == "end" ? 0 : 0.5);
            Assert.That(double.Parse(label.Attribute("x")!.Value, CultureInfo.InvariantCulture) + length, Is.LessThanOrEqualTo(width), label.Value);
        }
    }

    [Test]
    public void Every_consumer_is_shown()
    {
        var row = Row("ds", 60, _ => 500) with
        {
            Consumers = new DatastoreConsumers
            {
                Growth = [new VmGrowth("grown<", 5L << 30, 3L << 30, Histories.Today.AddDays(-30))],
                Snapshots = [new SnapshotOnDatastore("snapped", "before <update>", Histories.Now.AddDays(-400), 7L << 30)],
                DeltasWithoutSnapshot = [new DeltaWithoutSnapshot("broken", "[ds] b/b-000001.vmdk", 9L << 30, true)],
                Files = new FileSurvey { Taken = Histories.Now, Unreferenced = [new UnreferencedFile("[ds] <old>/old.vmdk", 11L << 30, null)] },
            },
        };
        var html = CapacityHtml.Write(Report(row), new GuardSettings());
        foreach (var said in new[]
        {
            "grown&lt;", "+3.0 GiB", "before &lt;update&gt;", "7.0 GiB", "[ds] b/b-000001.vmdk", "needs consolidation", "[ds] &lt;old&gt;/old.vmdk", "11.0 GiB", "look before you delete",
        })
        {
            Assert.That(html, Does.Contain(said));
        }

        var left = row with { Consumers = new DatastoreConsumers { Files = new FileSurvey { Taken = Histories.Now, LeftOut = "it is shared <x>" } } };
        Assert.That(CapacityHtml.Write(Report(left), new GuardSettings()), Does.Contain("Not judged: it is shared &lt;x&gt;."));
    }

    [Test]
    public void A_warning_of_the_report_is_on_the_page() => Assert.That(
        CapacityHtml.Write(Report() with { Warnings = [new Failure("VC_UNREACHABLE", "second <vc>", "read", "It is away.", "")] }, new GuardSettings()),
        Does.Contain("second &lt;vc&gt;: read: It is away. [VC_UNREACHABLE]").And.Contain("No datastores."));

    [TestCase("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"")]
    [TestCase("+1", "'+1")]
    [TestCase("-prod", "'-prod")]
    [TestCase("@x", "'@x")]
    [TestCase("a,b", "\"a,b\"")]
    [TestCase("two\nlines", "\"two\nlines\"")]
    [TestCase("plain", "plain")]
    [TestCase("web-01 (a=b)", "web-01 (a=b)")]
    [TestCase("\tx", "'\tx")]
    [TestCase(" =1+1", "' =1+1")]
    [TestCase("a;=cmd", "a;'=cmd")]
    [TestCase("two\n=cmd", "\"two\n'=cmd\"")]
    public void A_spreadsheet_runs_no_name(string name, string field) =>
        Assert.That(CapacityCsv.Write(Report(Row(name, 60, _ => 500))), Does.Contain($",{field},VMFS,"));

    [Test]
    public void Csv_has_a_value_for_every_column_and_numbers_stay_numbers()
    {
        var csv = CapacityCsv.Write(Report(Row("ds", 60, day => 600 - (2 * day)))).Split('\n');
        var (names, values) = (csv[0].Split(','), csv[1].Split(','));
        Assert.That(values, Has.Length.EqualTo(names.Length));
        var cells = names.Zip(values).ToDictionary(cell => cell.First, cell => cell.Second);
        Assert.That(cells["bytesPerDay"], Does.StartWith("-2147"));
        Assert.That((cells["forecast"], cells["level"], cells["fullAt"]), Is.EqualTo(("notFilling", "fine", "")));
        Assert.That(cells["taken"], Is.EqualTo("2026-11-26T03:00:00Z"));
    }

    [Test]
    public void Jobs_and_growth_escape_too()
    {
        var jobs = new JobsReport(Histories.Now, Histories.Now.AddDays(-1), [new RunSummary
        {
            Id = "run", Job = Hostile, Started = Histories.Now, Outcome = RunResult.Warning, VirtualMachines = [new RunVmSummary
            {
                Name = "=vm", Outcome = VmResult.Warning, Started = Histories.Now, Ended = Histories.Now, ChangedBytes = 1, ReadBytes = 2, StoredBytes = 3,
                Warnings = [new CodedText("CODE", "<b>text")],
            }],
        }]);
        Assert.That(JobsHtml.Write(jobs), Does.Not.Contain("<script").And.Not.Contain("<b>").And.Contain("&lt;b&gt;text"));
        Assert.That(JobsCsv.Write(jobs), Does.Contain(",'=vm,warning,").And.Contain(",CODE\n"));
        var broken = jobs.Runs[0] with { Outcome = RunResult.Failed, Error = "away <x>", VirtualMachines = [] };
        Assert.That(JobsHtml.Write(jobs with { Runs = [broken] }), Does.Contain("away &lt;x&gt;").And.Not.Contain("<table"), "a run without VMs has no table");
        Assert.That(JobsHtml.Write(jobs with { Runs = [] }), Does.Contain("No backup went on since 2026-11-25 03:00"));
        var growth = new GrowthReport(Histories.Now, [new RepositoryGrowth
        {
            Name = Hostile, Location = "/r", Forecast = Histories.Forecast(60, day => 300 + (2 * day)), DiskCapacityBytes = Histories.Whole, DiskFreeBytes = Histories.Whole / 2,
            StoredBytes = 100, ProtectedBytes = 250, Points = 3,
        }]);
        Assert.That(GrowthHtml.Write(growth, new GuardSettings()), Does.Not.Contain("<script").And.Contain("2.5 &#215;").And.Contain("Full on"));
        Assert.That(CapacityCsv.Write(growth), Does.Contain(",filling,2027-"));
    }

    static CapacityReport Report(params DatastoreCapacity[] rows) => new(Histories.Now, rows);

    static DatastoreCapacity Row(string name, int days, Func<int, double> usedGib)
    {
        var history = Histories.Days(days, usedGib);
        var free = days == 0 ? Histories.Whole / 2 : history[^1].FreeBytes;
        return new DatastoreCapacity
        {
            Vcenter = "vc", Name = name, Id = "Datastore:1", Type = "VMFS", CapacityBytes = Histories.Whole, FreeBytes = free,
            Level = CapacityLevels.Of(free, Histories.Whole, new GuardSettings()), Forecast = FillForecasts(history, free), SwapBytes = 0, Accessible = true,
            VirtualMachines = 1, Snapshots = 0, SnapshotBytes = 0, BelowFloor = false, History = history, UncommittedBytes = Histories.Whole,
        };
    }

    static FillForecast FillForecasts(IReadOnlyList<DayOfCapacity> history, long free) =>
        Engine.Capacity.Forecasting.FillForecaster.Forecast(history, Histories.Whole, free, Histories.Now);
}
