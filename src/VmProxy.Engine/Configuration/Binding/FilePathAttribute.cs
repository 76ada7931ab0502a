namespace VmProxy.Engine.Configuration.Binding;

/// <summary>The text is a path; a relative one starts at the configuration file's folder, not at wherever the program was started.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class FilePathAttribute : Attribute;
