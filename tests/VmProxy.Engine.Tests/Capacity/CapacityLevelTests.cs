using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Tests.Capacity;

sealed class CapacityLevelTests
{
    [TestCase(1000, CapacityLevel.Fine)]
    [TestCase(201, CapacityLevel.Fine)]
    [TestCase(200, CapacityLevel.Warning)]
    [TestCase(101, CapacityLevel.Warning)]
    [TestCase(100, CapacityLevel.Critical)]
    [TestCase(0, CapacityLevel.Critical)]
    public void The_threshold_itself_counts(long free, CapacityLevel level) => Assert.That(CapacityLevels.Of(free, 1000, new GuardSettings()), Is.EqualTo(level));

    [Test]
    public void Thresholds_are_the_configurations() => Assert.That(
        CapacityLevels.Of(90, 1000, new GuardSettings { FreeWarningPercent = 8, FreeCriticalPercent = 3 }), Is.EqualTo(CapacityLevel.Fine));

    [Test]
    public void Nothing_is_no_level() => Assert.That(CapacityLevels.Of(0, 0, new GuardSettings()), Is.EqualTo(CapacityLevel.Fine));
}
