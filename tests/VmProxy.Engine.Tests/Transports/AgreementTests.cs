using VmProxy.Engine.Compare;

namespace VmProxy.Engine.Tests.Transports;

[Parallelizable]
sealed class AgreementTests
{
    static readonly string?[] Right = ["a", null, "b"];
    static readonly string?[] Wrong = ["a", null, "c"];
    static readonly string?[] Zeros = [null, null, null];

    [Test]
    public void What_is_relied_on_decides() => Expect(
        [new("san", IsRelied: false, Wrong), new("hotadd", IsRelied: true, Right), new("network", IsRelied: false, Right)],
        (ComparisonVerdict.Differs, 2), (ComparisonVerdict.Proven, null), (ComparisonVerdict.Proven, null));

    [Test]
    public void Without_anything_to_rely_on_only_unanimity_proves()
    {
        Expect([new("san", IsRelied: false, Right), new("network", IsRelied: false, Right)], (ComparisonVerdict.Proven, null), (ComparisonVerdict.Proven, null));
        Expect([new("san", IsRelied: false, Right), new("network", IsRelied: false, Wrong)], (ComparisonVerdict.Differs, 2), (ComparisonVerdict.Differs, 2));
    }

    [Test]
    public void Two_relied_on_that_contradict_each_other_are_both_suspect() => Expect(
        [new("san", IsRelied: true, Right), new("hotadd", IsRelied: true, Wrong)], (ComparisonVerdict.Differs, 2), (ComparisonVerdict.Differs, 2));

    [Test]
    public void One_transport_alone_or_zeros_prove_nothing()
    {
        Expect([new("hotadd", IsRelied: true, Right)], (ComparisonVerdict.NotCompared, (int?)null));
        Expect([new("hotadd", IsRelied: true, Zeros), new("san", IsRelied: false, Zeros)], (ComparisonVerdict.NotCompared, null), (ComparisonVerdict.NotCompared, null));
        Expect([new("hotadd", IsRelied: true, Right), new("san", IsRelied: false, Zeros)], (ComparisonVerdict.NotCompared, null), (ComparisonVerdict.Differs, 0));
    }

    static void Expect(IReadOnlyList<Sample> samples, params (ComparisonVerdict, int?)[] verdicts) =>
        Assert.That(Agreement.Judge(samples).Select(one => (one.Verdict, one.Difference)), Is.EqualTo(verdicts));
}
